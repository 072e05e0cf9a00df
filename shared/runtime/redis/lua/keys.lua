-- One page of the keys of what is known of a member, in no order; a key may come twice.
-- First come those of short values, then, under cursors that begin with l, those of long ones.
-- KEYS meta · ARGV member, cursor ('0' for the first page), keys at about · returns msgpack of {next cursor, {key, ...}}
local prefix = string.sub(KEYS[1], 1, -5)
local long = string.sub(ARGV[2], 1, 1) == 'l'
local cursor = long and string.sub(ARGV[2], 2) or ARGV[2]
local page = redis.call('HSCAN', prefix .. (long and 'l:' or 'm:') .. ARGV[1], cursor, 'COUNT', ARGV[3])
local keys = {}
for place = 1, #page[2], 2 do keys[#keys + 1] = page[2][place] end
local after = page[1]
if long and after ~= '0' then after = 'l' .. after end
if not long and after == '0' and redis.call('EXISTS', prefix .. 'l:' .. ARGV[1]) == 1 then after = 'l0' end
return cmsgpack.pack({after, keys})
