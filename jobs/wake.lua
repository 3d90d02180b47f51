-- Queue a wake's message and its entry of the wake list, unless its job's message is still queued. Return 1 if it is new.
-- KEYS: the queue, the message, the wake list. ARGV: the job's id, the message and its expiry in ms, its due time in ms,
-- and the longest wake list.
if redis.call('ZADD', KEYS[1], 'NX', ARGV[4], ARGV[1]) == 0 then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('LPUSH', KEYS[3], ARGV[1])
redis.call('LTRIM', KEYS[3], 0, ARGV[5] - 1)
return 1
