-- Queue a wake's message and add its job to the wake list. Return 1, or 0 without a change if the job's message is still
-- queued.
-- KEYS: the queue, the message, the wake list. ARGV: the job's id, the message and its expiry in ms, its due time in ms,
-- and the length limit of the wake list.
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[1])
redis.call('LPUSH', KEYS[3], ARGV[1])
redis.call('LTRIM', KEYS[3], 0, ARGV[5] - 1)
return 1
