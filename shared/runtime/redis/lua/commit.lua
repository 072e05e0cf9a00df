-- All of one commit or nothing: items, wakes, the index of earliest wakes, meta and the next head.
-- KEYS meta · ARGV expected head, next head,
--   msgpack of {{field, value, ...} of meta, {{member, wipe, {key, value, ...}, {deleted key, ...},
--               {wake, key, ...}, {key without a wake, ...}, sweep: 0 as it is, 1 owed, 2 done}, ...}}
-- returns the earliest wake, or nil
local meta = KEYS[1]
local prefix = string.sub(meta, 1, -5)
local index, owing = prefix .. 'w', prefix .. 's'
local CHUNK = 2000 -- `unpack` puts its values on Lua's stack, which ends at about 8,000; even, so that pairs stay whole

local function each(command, key, values)
  for first = 1, #values, CHUNK do
    redis.call(command, key, unpack(values, first, math.min(first + CHUNK - 1, #values)))
  end
end

-- What a script has written stays when it fails later: so everything that can be wrong is looked at before the first
-- write.
redis.call('EXISTS', prefix .. 'moving') -- fails while the slot of a Redis Cluster moves: see claim.lua
if redis.call('HGET', meta, 'head') ~= ARGV[1] then return redis.error_reply('HEAD is another one') end
local changes = cmsgpack.unpack(ARGV[3])
local fields, members = changes[1], changes[2]
if #fields % 2 ~= 0 then return redis.error_reply('ERR meta is not in pairs') end
for _, change in ipairs(members) do
  if #change ~= 7 or #change[3] % 2 ~= 0 or #change[5] % 2 ~= 0 then
    return redis.error_reply('ERR a change is not in pairs')
  end
end

-- A server that is out of memory refuses the first write of a script or none. So this one, which it may refuse, is first.
redis.call('HSET', meta, 'head', ARGV[2])
each('HSET', meta, fields)

local scores, gone = {}, {}
for _, change in ipairs(members) do
  local member, sweep = change[1], change[7]
  local items, wakes = prefix .. 'm:' .. member, prefix .. 'w:' .. member
  if change[2] then
    redis.call('UNLINK', items, wakes)
    redis.call('SREM', owing, member)
  end
  each('HDEL', items, change[4])
  each('HSET', items, change[3])
  if #change[3] == 0 and redis.call('EXISTS', items) == 0 then
    -- Nothing is known of the member: it is not there at all.
    redis.call('UNLINK', wakes)
    redis.call('SREM', owing, member)
    gone[#gone + 1] = member
  else
    each('ZREM', wakes, change[6])
    each('ZADD', wakes, change[5])
    scores[#scores + 1] = redis.call('ZRANGE', wakes, 0, 0, 'WITHSCORES')[2] or '+inf'
    scores[#scores + 1] = member
    if sweep == 1 then redis.call('SADD', owing, member) end
    if sweep == 2 then redis.call('SREM', owing, member) end
  end
end
each('ZADD', index, scores)
each('ZREM', index, gone)
return redis.call('ZRANGEBYSCORE', index, '-inf', '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
