-- KEYS: the budgets, then a window and a day for each group of equal requests.
-- ARGV: the number of budgets, and the seconds of refill in a full budget. For each budget six: its refill per second
-- of CPU, database time and bytes, and the spent amount of each. For each group five: the limit of requests in 60 s,
-- the limit of writes per day (0: not counted), the number of requests, the second of a counted request to give back
-- (or 0), and the 1-based index of its budget.
-- A budget is a token bucket that is charged after the request. It may go into debt, and while it is in debt, all of
-- its requests are refused. A window is a hash from second to count: it slides by the second. All times come from the
-- clock of Redis, which all API processes share.
-- Returns for each budget {the index of the resource with the longest debt (or 0), milliseconds until the debt is
-- refilled, and the CPU, database time and bytes left}, then for each group {passed, left in the window, seconds until
-- the window grows, left of the day, now}.
local time = redis.call('TIME')
local now = tonumber(time[1])
local exact = now + time[2] / 1000000
local budgets, burst = tonumber(ARGV[1] or '0'), tonumber(ARGV[2] or '0')
local resources = {'cpu', 'database', 'bytes'}
local answers = {}

local function store(budget, left, full_in)
  local fields = {'at', string.format('%.6f', exact)}
  for i, resource in ipairs(resources) do
    fields[2 * i + 1], fields[2 * i + 2] = resource, string.format('%.0f', left[i])
  end
  redis.call('HSET', budget, unpack(fields))
  redis.call('PEXPIRE', budget, 1000 + math.ceil(full_in * 1000))
end

local function charge(budget, first)
  local kept = redis.call('HMGET', budget, 'cpu', 'database', 'bytes', 'at')
  local past = math.max(0, exact - (tonumber(kept[4]) or exact))
  local left, worst, wait, full_in, charged = {}, 0, 0, 0, false
  for i = 1, 3 do
    local rate, spent = tonumber(ARGV[first + i]), tonumber(ARGV[first + 3 + i])
    left[i] = math.min(rate * burst, (tonumber(kept[i]) or rate * burst) + past * rate) - spent
    charged = charged or spent > 0
    full_in = math.max(full_in, burst - left[i] / rate)
    if left[i] < 0 and -left[i] / rate > wait then
      worst, wait = i, -left[i] / rate
    end
  end
  if charged then
    store(budget, left, full_in)
  end
  return {worst, math.ceil(wait * 1000), left[1], left[2], left[3]}
end

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

local function count(window, day, limit, cap, asked, overdrawn)
  local used, oldest = used_of(window)
  local left_of_day = cap > 0 and cap - tonumber(redis.call('GET', day) or '0') or math.huge
  local passed = overdrawn and 0 or math.max(0, math.min(asked, limit - used, left_of_day))
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

for place = 1, budgets do
  answers[place] = charge(KEYS[place], 6 * place - 4)
end
for group = 1, (#KEYS - budgets) / 2 do
  local window, day = KEYS[budgets + 2 * group - 1], KEYS[budgets + 2 * group]
  local first = 2 + 6 * budgets + 5 * (group - 1)
  local limit, cap, asked = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local second, overdrawn = ARGV[first + 4], answers[tonumber(ARGV[first + 5])][1] > 0
  if second == '0' then
    answers[budgets + group] = count(window, day, limit, cap, asked, overdrawn)
  else
    answers[budgets + group] = give_back(window, second, asked)
  end
end
return answers
