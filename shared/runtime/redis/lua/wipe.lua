-- One page of deleting everything of a partition. The first call deletes meta and leaves the mark `wiping` in its
-- place, the last one takes the mark away: whoever recovers in between finds it and wipes on, so that what is left of
-- members is never taken for what is known.
-- KEYS meta · ARGV expected fencing token, next one, members at most, '1' for the first call · returns how many members are left
local meta = KEYS[1]
local prefix = string.sub(meta, 1, -5)
local index = prefix .. 'w'
redis.call('EXISTS', prefix .. 'moving') -- fails while the slot of a Redis Cluster moves: see acquire.lua
if redis.call('HGET', meta, 'head') ~= ARGV[1] then return redis.error_reply('FENCED by another token') end
if ARGV[4] == '1' then
  redis.call('UNLINK', meta)
  redis.call('HSET', meta, 'head', ARGV[2], 'wiping', '1')
end
for _, member in ipairs(redis.call('ZRANGE', index, 0, tonumber(ARGV[3]) - 1)) do
  redis.call('UNLINK', prefix .. 'm:' .. member, prefix .. 'l:' .. member, prefix .. 'w:' .. member)
  redis.call('ZREM', index, member)
end
local left = redis.call('ZCARD', index)
if left == 0 then
  redis.call('UNLINK', prefix .. 's')
  redis.call('HDEL', meta, 'wiping')
end
return left
