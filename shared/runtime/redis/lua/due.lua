-- What is due, from the members whose earliest wake is earliest.
-- KEYS meta · ARGV instant in ms, members at most, items at most
-- returns msgpack of {member, {key, wake, ...}, member, ...}
local prefix = string.sub(KEYS[1], 1, -5)
local left = tonumber(ARGV[3])
local due = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'w', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  if left <= 0 then break end
  local wakes = redis.call('ZRANGEBYSCORE', prefix .. 'w:' .. member, '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, left)
  left = left - #wakes / 2
  due[#due + 1] = member
  due[#due + 1] = wakes
end
return cmsgpack.pack(due)
