-- A new owner: from now on, loads and commits under any other fencing token are refused.
-- KEYS meta · ARGV fencing token, owner · returns all of meta
-- While a slot of a Redis Cluster moves, some keys are here and some are gone already, and a script fails in the middle.
-- A key that is never there is among those that are gone: so it is asked for first, before anything is written.
redis.call('EXISTS', string.sub(KEYS[1], 1, -5) .. 'moving')
redis.call('HSET', KEYS[1], 'head', ARGV[1], 'owner', ARGV[2])
return redis.call('HGETALL', KEYS[1])
