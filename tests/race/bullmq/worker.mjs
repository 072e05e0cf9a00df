// The job with BullMQ: KafkaJS reads, a delayed job is the timer, a hash in the store is the state, KafkaJS publishes.
// At least once: state and job are written before the record goes out, and offsets are committed after it.
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'

const { KAFKA, REDIS, ACTIVITY, OUT, APP, LEAD_MS } = process.env
const AT_ONCE = 200 // jobs under way
const CHUNK = 500 // records read, stored and published together
const LINGER_MS = 5 // what finished jobs say goes out together: KafkaJS has no linger
const [PENDING, ANSWERED, FIRED] = ['pending', 'answered', 'fired']

const store = new Redis(REDIS, { maxRetriesPerRequest: null, enableAutoPipelining: true })
const connection = () => new Redis(REDIS, { maxRetriesPerRequest: null })
const kafka = new kafkajs.Kafka({ clientId: APP, brokers: [KAFKA], logLevel: kafkajs.logLevel.ERROR })
const producer = kafka.producer({ allowAutoTopicCreation: false })
const consumer = kafka.consumer({ groupId: APP, maxWaitTimeInMs: 100 })
const queue = new Queue(APP, { connection: connection(), defaultJobOptions: { removeOnComplete: true, attempts: 3 } })
const states = `${APP}:states`

function output(invite, kind, state, time) {
  return {
    key: state.member,
    value: JSON.stringify({ invite_id: invite, contact_id: state.contact, due_at: new Date(state.due).toISOString() }),
    headers: {
      ce_specversion: '1.0',
      ce_id: `${invite}:${kind}`,
      ce_source: '/race/bullmq',
      ce_type: `race.${kind}`,
      ce_time: time,
      ce_memberid: state.member,
      'content-type': 'application/json',
    },
  }
}

let waiting = []
let armed = false
async function publishWaiting() {
  const now = waiting
  waiting = []
  armed = false
  try {
    await producer.send({ topic: OUT, acks: -1, messages: now.map(one => one.message) })
    for (const one of now) one.resolve()
  } catch (error) {
    for (const one of now) one.reject(error)
  }
}
function published(message) {
  if (!armed) {
    armed = true
    setTimeout(publishWaiting, LINGER_MS)
  }
  return new Promise((resolve, reject) => waiting.push({ message, resolve, reject }))
}

async function fire(job) {
  const state = JSON.parse(await store.hget(states, job.id))
  if (state.status !== PENDING) return
  await published(output(job.id, 'due', state, new Date(state.due).toISOString()))
  state.status = FIRED
  await store.hset(states, job.id, JSON.stringify(state))
}

function take(event, state, work) {
  if (event.type === 'rapport.invite.sent') {
    if (state) return state
    const due = Date.parse(event.time) + Number(LEAD_MS)
    const made = { status: PENDING, due, member: event.member, contact: event.data.contact.id }
    const now = Date.now()
    work.jobs.push({ name: 'due', data: {}, opts: { jobId: event.invite, timestamp: now, delay: Math.max(0, due - now) } })
    work.outputs.push(output(event.invite, 'scheduled', made, event.time))
    return made
  }
  if (event.type !== 'rapport.invite.declined' || state?.status !== PENDING) return state
  work.removed.push(event.invite)
  work.outputs.push(output(event.invite, 'cancelled', state, event.time))
  return { ...state, status: ANSWERED }
}

function read(message) {
  const type = message.headers.ce_type.toString()
  const data = JSON.parse(message.value.toString())
  return { type, data, invite: data.invite_id, time: message.headers.ce_time.toString(), member: message.key.toString() }
}

async function step(messages) {
  const events = messages.map(read).filter(event => event.invite)
  if (!events.length) return
  const known = await store.hmget(states, ...events.map(event => event.invite))
  const changed = new Map()
  const work = { jobs: [], removed: [], outputs: [] }
  events.forEach((event, place) => {
    const before = changed.get(event.invite) ?? (known[place] && JSON.parse(known[place]))
    const after = take(event, before, work)
    if (after && after !== before) changed.set(event.invite, after)
  })
  if (changed.size) await store.hset(states, ...[...changed].flatMap(([invite, state]) => [invite, JSON.stringify(state)]))
  if (work.jobs.length) await queue.addBulk(work.jobs)
  await Promise.all(work.removed.map(invite => queue.remove(invite)))
  if (work.outputs.length) await producer.send({ topic: OUT, acks: -1, messages: work.outputs })
}

const worker = new Worker(APP, fire, { connection: connection(), concurrency: AT_ONCE })
worker.on('error', error => console.error('worker:', error.message))
worker.on('failed', (job, error) => console.error('failed:', job?.id, error.message))
await producer.connect()
await consumer.connect()
await consumer.subscribe({ topic: ACTIVITY, fromBeginning: true })
await consumer.run({
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: 6,
  autoCommitInterval: 1000,
  eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
    for (let first = 0; first < batch.messages.length; first += CHUNK) {
      const part = batch.messages.slice(first, first + CHUNK)
      await step(part)
      resolveOffset(part.at(-1).offset)
      await commitOffsetsIfNecessary()
      await heartbeat()
    }
  },
})
process.on('SIGTERM', () => process.exit(0))
