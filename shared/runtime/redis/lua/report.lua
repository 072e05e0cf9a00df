-- What a process says of a service. What others have not said again for a while goes; all of it, when nobody says anything.
-- KEYS reports · ARGV process, text, seconds that it is kept, processes at most · returns 1, or 0 where there is no room
local now = tonumber(redis.call('TIME')[1])
local held = redis.call('HGETALL', KEYS[1])
local others = 0
for at = 1, #held, 2 do
  local said = tonumber(string.match(held[at + 1], '^%d+')) or 0
  if held[at] ~= ARGV[1] then
    if now - said > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], held[at]) else others = others + 1 end
  end
end
if others >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now) .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
