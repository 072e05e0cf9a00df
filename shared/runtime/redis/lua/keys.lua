-- One page of the keys of what is known of a member, in no order; a key may come twice.
-- KEYS meta · ARGV member, cursor ('0' for the first page), keys at about · returns msgpack of {next cursor, {key, ...}}
local prefix = string.sub(KEYS[1], 1, -5)
local page = redis.call('HSCAN', prefix .. 'm:' .. ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local keys = {}
for place = 1, #page[2], 2 do keys[#keys + 1] = page[2][place] end
return cmsgpack.pack({page[1], keys})
