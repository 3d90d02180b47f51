-- Decides for the bucket of each app in KEYS how many requests may pass. ARGV: the seconds in which an empty bucket
-- fills up; then four for each bucket: its size in requests and in events, the number of requests, and the events of
-- earlier requests that passed.
-- A bucket refills continuously, by the clock of Redis, which all API processes share.
-- A request's number of events is known only after it is read. So a bucket may be in debt, and no request passes until
-- it is refilled. Returns {passed, requests left, events left, milliseconds until one may pass} for each bucket.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local window = tonumber(ARGV[1])

local function filled(kept, most, past)
  return math.min(most, (tonumber(kept) or most) + past * most / window)
end

local function missing_ms(left, least, most)
  return math.max(0, math.ceil((least - left) * 1000 * window / most))
end

local answers = {}
for i, bucket in ipairs(KEYS) do
  local most_requests, most_events = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local asked, spent = tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local kept = redis.call('HMGET', bucket, 'requests', 'events', 'at')
  local past = math.max(0, now - (tonumber(kept[3]) or now))
  local requests = filled(kept[1], most_requests, past)
  local events = filled(kept[2], most_events, past) - spent
  local passed = events >= 1 and math.min(asked, math.floor(requests)) or 0
  requests = requests - passed
  redis.call('HSET', bucket, 'requests', requests, 'events', events, 'at', string.format('%.6f', now))
  local requests_full = missing_ms(requests, most_requests, most_requests)
  redis.call('PEXPIRE', bucket, 1000 + math.max(requests_full, missing_ms(events, most_events, most_events)))
  local wait = math.max(missing_ms(requests, 1, most_requests), missing_ms(events, 1, most_events))
  answers[i] = {passed, math.floor(requests), math.max(0, math.floor(events)), wait}
end
return answers
