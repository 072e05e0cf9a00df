-- Keep the import that a member has uploaded: one of each, so many of a partition, each for its time.
-- KEYS all (members by the end of their time), the member's hash, bytes (of each member's events)
-- ARGV what ('begin', 'note', 'drop'), member, identity ('' of any), status, events ('' for as they are), ms to live,
--   most of them, most bytes of their events, '1' where it is over and needs no place any more, the status that has to
--   stand there ('' for any)
-- returns 1; 0 where it is another one by now, or gone; -1 where there is no room; -2 where another status stands there
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function leave(member)
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[3], member)
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do leave(member) end
if ARGV[1] == 'drop' then
  if ARGV[3] ~= '' and redis.call('HGET', KEYS[2], 'id') ~= ARGV[3] then return 0 end
  leave(ARGV[2])
  redis.call('DEL', KEYS[2])
  return 1
end
if ARGV[1] == 'begin' then
  local there = redis.call('ZSCORE', KEYS[1], ARGV[2])
  if not there and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[7]) then return -1 end
  redis.call('DEL', KEYS[2])
  redis.call('HDEL', KEYS[3], ARGV[2])
  redis.call('ZADD', KEYS[1], now + ARGV[6], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('HSET', KEYS[2], 'id', ARGV[3], 'status', ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  return 1
end
if redis.call('HGET', KEYS[2], 'id') ~= ARGV[3] then return 0 end
if ARGV[10] ~= '' and redis.call('HGET', KEYS[2], 'status') ~= ARGV[10] then return -2 end
if ARGV[5] ~= '' then
  local bytes = #ARGV[5]
  for _, member in ipairs(redis.call('HKEYS', KEYS[3])) do
    if not redis.call('ZSCORE', KEYS[1], member) then
      leave(member)
    elseif member ~= ARGV[2] then
      bytes = bytes + redis.call('HGET', KEYS[3], member)
    end
  end
  if ARGV[9] ~= '1' and bytes > tonumber(ARGV[8]) then return -1 end
  redis.call('HSET', KEYS[3], ARGV[2], #ARGV[5])
  redis.call('PEXPIRE', KEYS[3], ARGV[6])
  redis.call('HSET', KEYS[2], 'events', ARGV[5])
end
redis.call('HSET', KEYS[2], 'status', ARGV[4])
if ARGV[9] == '1' then leave(ARGV[2]) end
return 1
