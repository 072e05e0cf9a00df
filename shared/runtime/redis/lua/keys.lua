-- A page for each of several members of the keys of what is known of them, in no order; a key may come twice.
-- First come those of short values, then, under cursors that begin with l, those of long ones.
-- KEYS meta · ARGV msgpack of {{member, cursor ('0' for the first page)}, ...}, keys at about
-- returns msgpack of {{next cursor, {key, ...}}, ...}, of the first members only where those have so many keys
local prefix, enough = string.sub(KEYS[1], 1, -5), tonumber(ARGV[2])
local reply, found = {}, 0

local function scan(hash, cursor, keys)
  local page = redis.call('HSCAN', hash, cursor, 'COUNT', ARGV[2])
  for place = 1, #page[2], 2 do keys[#keys + 1] = page[2][place] end
  return page[1]
end

for number, asked in ipairs(cmsgpack.unpack(ARGV[1])) do
  local short, long, cursor, keys = prefix .. 'm:' .. asked[1], prefix .. 'l:' .. asked[1], asked[2], {}
  if string.sub(cursor, 1, 1) ~= 'l' then
    cursor = scan(short, cursor, keys)
    if cursor == '0' and redis.call('EXISTS', long) == 1 then cursor = 'l0' end
  end
  if string.sub(cursor, 1, 1) == 'l' and #keys < enough then
    cursor = scan(long, string.sub(cursor, 2), keys)
    if cursor ~= '0' then cursor = 'l' .. cursor end
  end
  reply[number] = {cursor, keys}
  found = found + #keys
  if found >= enough then break end
end
return cmsgpack.pack(reply)
