-- One page of the wakes of a member's items, by rank.
-- KEYS meta · ARGV member, rank of the first, members at most
-- returns msgpack of {key, wake, ...}: one string, because its parts would be parsed in Python
local wakes = string.sub(KEYS[1], 1, -5) .. 'w:' .. ARGV[1]
return cmsgpack.pack(redis.call('ZRANGE', wakes, ARGV[2], ARGV[2] + ARGV[3] - 1, 'WITHSCORES'))
