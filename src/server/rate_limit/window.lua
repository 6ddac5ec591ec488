-- Rate windows by the generic cell rate algorithm. KEYS: a window for each click.
-- ARGV: microseconds of a click, microseconds of a burst. Answers 1 for each click that is admitted, else 0.
local time, click, burst = redis.call('time'), tonumber(ARGV[1]), tonumber(ARGV[2])
local now = time[1] * 1000000 + time[2]
local answer = {}
for i, key in ipairs(KEYS) do
  local full = math.max(tonumber(redis.call('get', key) or now), now) + click
  answer[i] = 0
  if full - now <= burst then
    answer[i] = 1
    redis.call('set', key, string.format('%.0f', full), 'px', math.ceil((full - now) / 1000))
  end
end
return answer
