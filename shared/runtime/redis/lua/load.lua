-- Items and the fencing token under which they stand, in one atomic step and one round trip.
-- KEYS meta · ARGV msgpack of {{member, key, ...}, ...}
-- returns msgpack of {fencing token, {value or false, ...}, ...}: one string, because its parts would be parsed in Python
local prefix = string.sub(KEYS[1], 1, -5)
local CHUNK = 2000 -- `unpack` puts its values on Lua's stack, which ends at about 8,000
local reply = {redis.call('HGET', KEYS[1], 'head') or ''}
for number, wanted in ipairs(cmsgpack.unpack(ARGV[1])) do
  local hash, large, values = prefix .. 'm:' .. wanted[1], prefix .. 'l:' .. wanted[1], {}
  for first = 2, #wanted, CHUNK do
    local part = redis.call('HMGET', hash, unpack(wanted, first, math.min(first + CHUNK - 1, #wanted)))
    if #wanted < CHUNK then
      values = part
    else
      for place = 1, #part do values[first - 2 + place] = part[place] end
    end
  end
  -- What is not there may be long, and stand in the other hash.
  if redis.call('EXISTS', large) == 1 then
    for place = 1, #wanted - 1 do
      if not values[place] then values[place] = redis.call('HGET', large, wanted[place + 1]) end
    end
  end
  reply[number + 1] = values
end
return cmsgpack.pack(reply)
