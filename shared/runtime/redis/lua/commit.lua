-- All of one commit or nothing: items, wakes, the index of earliest wakes, meta and the next fencing token.
-- KEYS meta · ARGV expected fencing token, next one,
--   msgpack of {{field, value, ...} of meta, {{member, wipe, {key, value, ...}, {deleted key, ...},
--               {wake, key, ...}, {key without a wake, ...}, sweep: 0 as it is, 1 owed, 2 done}, ...}}
-- returns the earliest wake, or nil
local meta = KEYS[1]
local prefix = string.sub(meta, 1, -5)
local index, owing = prefix .. 'w', prefix .. 's'
local LARGE = 128 -- bytes: a longer value would make a table of the member's whole hash, twice as large in memory
local CHUNK = 2000 -- `unpack` puts its values on Lua's stack, which ends at about 8,000; even, so that pairs stay whole

local function each(command, key, values)
  for first = 1, #values, CHUNK do
    redis.call(command, key, unpack(values, first, math.min(first + CHUNK - 1, #values)))
  end
end

-- What a script has written stays when it fails later: so everything that can be wrong is looked at before the first
-- write.
redis.call('EXISTS', prefix .. 'moving') -- fails while the slot of a Redis Cluster moves: see acquire.lua
if redis.call('HGET', meta, 'head') ~= ARGV[1] then return redis.error_reply('FENCED by another token') end
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

-- Long values have a hash of their own, and stay there: a key moves to it, never back. So whoever scans the one and then
-- the other meets each key.
local function parted(large, values)
  local short, long = {}, {}
  local there = redis.call('EXISTS', large) == 1
  for first = 1, #values, 2 do
    local key, value = values[first], values[first + 1]
    local into = (#value > LARGE or (there and redis.call('HEXISTS', large, key) == 1)) and long or short
    into[#into + 1] = key
    into[#into + 1] = value
  end
  return there, short, long
end

local scores, gone = {}, {}
for _, change in ipairs(members) do
  local member, sweep = change[1], change[7]
  local items, large, wakes = prefix .. 'm:' .. member, prefix .. 'l:' .. member, prefix .. 'w:' .. member
  if change[2] then
    redis.call('UNLINK', items, large, wakes)
    redis.call('SREM', owing, member)
  end
  each('HDEL', items, change[4])
  local there, short, long = parted(large, change[3])
  if there then each('HDEL', large, change[4]) end
  each('HSET', items, short)
  each('HSET', large, long)
  for first = 1, #long, 2 do redis.call('HDEL', items, long[first]) end
  if #change[3] == 0 and redis.call('EXISTS', items, large) == 0 then
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
