-- What a desk says of itself. KEYS: desk, recent. ARGV: life of recent (ms).
-- Answers nothing when there is no desk, or its epoch, its tokens, how often it moved, and how many were admitted a moment ago.
local desk = redis.call('hmget', KEYS[1], 'epoch', 'free', 'moves')
if not desk[2] then
  return {}
end
local time = redis.call('time')
local youngest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local recent = redis.call('zcount', KEYS[2], string.format('%.0f', youngest), '+inf')
return {desk[1] or '', desk[2], desk[3] or '0', tostring(recent)}
