-- What a desk says of itself. KEYS: desk, recent. ARGV: life of recent (ms).
-- Answers nothing when there is no desk, or its tokens, how often it moved, and how many were admitted a moment ago.
local desk = redis.call('hmget', KEYS[1], 'free', 'moves')
if not desk[1] then
  return {}
end
local time = redis.call('time')
local youngest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
return {tonumber(desk[1]), tonumber(desk[2]), redis.call('zcount', KEYS[2], string.format('%.0f', youngest), '+inf')}
