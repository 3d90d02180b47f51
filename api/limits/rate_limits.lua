-- KEYS: the budgets, then a window and a day for each group of equal requests.
-- ARGV: the number of budgets, and the seconds of refill in a full budget. For each budget six: its refill per second
-- of CPU, database time and bytes, and the spent amount of each. For each group six:
--   limit   the limit of requests in 60 s
--   cap     the limit of writes per day; 0: not counted by day
--   asked   the number of requests to count or to give back
--   second  the second of counted requests to give back; 0: count the requests
--   budget  the 1-based index of the group's budget; 0: requests to give back
--   wanted  the number of further requests to reserve
-- A budget is a token bucket that is charged after the request. It may go into debt, and while it is in debt, all of
-- its requests are refused. A window is a hash from second to count: it slides by the second. All times come from the
-- clock of Redis, which all API processes share. Reserved requests are spent within a second, so the next second counts
-- them. At most a twentieth of the rest is reserved, and none with less than half a budget: then each request is checked.
-- Returns for each budget {the index of the resource with the longest debt (or 0), milliseconds until the debt is
-- refilled, and the CPU, database time and bytes left}, then for each group {passed, left in the window, seconds until
-- the window grows, left of the day, now, reserved}.
local time = redis.call('TIME')
local now = tonumber(time[1])
local exact = now + time[2] / 1000000
local budgets, burst = tonumber(ARGV[1] or '0'), tonumber(ARGV[2] or '0')
local resources = {'cpu', 'database', 'bytes'}
local answers, plenty = {}, {}

local function store(budget, left, full_in)
  local fields = {'at', string.format('%.6f', exact)}
  for i, resource in ipairs(resources) do
    fields[2 * i + 1], fields[2 * i + 2] = resource, string.format('%.0f', left[i])
  end
  redis.call('HSET', budget, unpack(fields))
  redis.call('PEXPIRE', budget, 1000 + math.ceil(full_in * 1000))
end

local function charge(budget, first, place)
  local kept = redis.call('HMGET', budget, 'cpu', 'database', 'bytes', 'at')
  local past = math.max(0, exact - (tonumber(kept[4]) or exact))
  local left, worst, wait, full_in, charged = {}, 0, 0, 0, false
  plenty[place] = true
  for i = 1, 3 do
    local rate, spent = tonumber(ARGV[first + i]), tonumber(ARGV[first + 3 + i])
    left[i] = math.min(rate * burst, (tonumber(kept[i]) or rate * burst) + past * rate) - spent
    charged = charged or spent > 0
    full_in = math.max(full_in, burst - left[i] / rate)
    plenty[place] = plenty[place] and left[i] >= rate * burst / 2
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

local function count(window, day, limit, cap, asked, budget, wanted)
  local used, oldest = used_of(window)
  local left = limit - used
  local left_of_day = cap > 0 and cap - tonumber(redis.call('GET', day) or '0') or math.huge
  local passed = answers[budget][1] > 0 and 0 or math.max(0, math.min(asked, left, left_of_day))
  left, left_of_day = left - passed, left_of_day - passed
  local reserved = 0
  if passed == asked and plenty[budget] then
    reserved = math.min(wanted, math.floor(math.min(left, left_of_day) / 20))
    left, left_of_day = left - reserved, left_of_day - reserved
  end
  if passed > 0 then
    redis.call('HINCRBY', window, now, passed)
    redis.call('EXPIRE', window, 61)
  end
  if reserved > 0 then
    redis.call('HINCRBY', window, now + 1, reserved)
  end
  if passed > 0 and cap > 0 then
    redis.call('INCRBY', day, passed + reserved)
    redis.call('EXPIRE', day, 90000)
  end
  return {passed, math.max(0, left), oldest + 60 - now, cap > 0 and math.max(0, left_of_day) or 0, now, reserved}
end

local function give_back(window, day, cap, second, many)
  if redis.call('HEXISTS', window, second) == 1 then
    redis.call('HINCRBY', window, second, -many)
  end
  if cap > 0 and redis.call('EXISTS', day) == 1 then
    redis.call('DECRBY', day, many)
  end
  return {0, 0, 0, 0, now, 0}
end

for place = 1, budgets do
  answers[place] = charge(KEYS[place], 6 * place - 4, place)
end
for group = 1, (#KEYS - budgets) / 2 do
  local window, day = KEYS[budgets + 2 * group - 1], KEYS[budgets + 2 * group]
  local first = 2 + 6 * budgets + 6 * (group - 1)
  local limit, cap, asked = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2]), tonumber(ARGV[first + 3])
  local second, budget, wanted = ARGV[first + 4], tonumber(ARGV[first + 5]), tonumber(ARGV[first + 6])
  if second == '0' then
    answers[budgets + group] = count(window, day, limit, cap, asked, budget, wanted)
  else
    answers[budgets + group] = give_back(window, day, cap, second, asked)
  end
end
return answers
