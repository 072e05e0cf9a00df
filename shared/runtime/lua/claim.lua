-- A new owner: from now on, loads and commits under any other head are refused.
-- KEYS meta · ARGV head, owner · returns all of meta
redis.call('HSET', KEYS[1], 'head', ARGV[1], 'owner', ARGV[2])
return redis.call('HGETALL', KEYS[1])
