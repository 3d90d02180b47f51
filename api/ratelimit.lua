-- For each window and day in KEYS how many of the requests that ask may pass. ARGV, four for each pair:
-- requests in 60 s, writes in the day (0: not counted), how many ask, and 0, or the second of a request
-- that was counted and is to be given back.
-- A window is a hash from second to count: it slides by the second, on Redis's own clock, which is one for
-- all API processes. Returns {passed, left in the window, seconds until some of it returns, left of the
-- day, now} for each pair.
local now = tonumber(redis.call('TIME')[1])

local function used_of(window)
  local used, oldest = 0, now
  local counts = redis.call('HGETALL', window)
  for i = 1, #counts, 2 do
    local second = tonumber(counts[i])
    if second <= now - 60 then
      redis.call('HDEL', window, counts[i])
    else
      used = used + tonumber(counts[i + 1])
      oldest = math.min(oldest, second)
    end
  end
  return used, oldest
end

local function count(window, day, limit, cap, asked)
  local used, oldest = used_of(window)
  local left_of_day = cap > 0 and cap - tonumber(redis.call('GET', day) or '0') or math.huge
  local passed = math.max(0, math.min(asked, limit - used, left_of_day))
  if passed > 0 then
    redis.call('HINCRBY', window, now, passed)
    redis.call('EXPIRE', window, 60)
  end
  if passed > 0 and cap > 0 then
    redis.call('INCRBY', day, passed)
    redis.call('EXPIRE', day, 90000)
  end
  return {passed, math.max(0, limit - used - passed), oldest + 60 - now, cap > 0 and math.max(0, left_of_day - passed) or 0, now}
end

local function give_back(window, second, many)
  if redis.call('HEXISTS', window, second) == 1 then
    redis.call('HINCRBY', window, second, -many)
  end
  return {0, 0, 0, 0, now}
end

local answers = {}
for pair = 1, #KEYS / 2 do
  local window, day, first = KEYS[2 * pair - 1], KEYS[2 * pair], 4 * pair - 3
  local limit, cap, asked, second = ARGV[first], ARGV[first + 1], tonumber(ARGV[first + 2]), ARGV[first + 3]
  if second == '0' then
    answers[pair] = count(window, day, tonumber(limit), tonumber(cap), asked)
  else
    answers[pair] = give_back(window, second, asked)
  end
end
return answers
