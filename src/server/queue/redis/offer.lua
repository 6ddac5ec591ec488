-- Judges a batch of clicks of one sale: the rules of rules::seckill::window::Window and rules::seckill::admission::Admission, in one step for all instances; tests/it/desk.rs holds it to them.
-- KEYS: desk, holders, recent. ARGV: epoch, the server's clock (ms), life of recent (ms), then student and ticket of each click.
-- Answers 'stale' and the desk's epoch, or 'ok', the tokens left, whether the desk is final (rules::seckill::admission::is_final), and for each click:
-- 'a' admitted, 'h' and the ticket that the student holds, 'n' and the number of the reason.
local desk = redis.call('hmget', KEYS[1], 'epoch', 'opens_at', 'closes_at', 'paused', 'free', 'sure_at', 'final')
-- A call of an earlier desk that comes late must not take its tokens from this one.
if desk[1] ~= ARGV[1] then
  return {'stale', desk[1] or ''}
end
local now, refused = tonumber(ARGV[2]), nil
if now < tonumber(desk[2]) then
  refused = 'n1'
elseif now >= tonumber(desk[3]) then
  refused = 'n2'
elseif desk[4] == '1' then
  refused = 'n3'
end
local free, taken = tonumber(desk[5]), 0
local time = redis.call('time')
time = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp, is_doubted = string.format('%.0f', time), time < tonumber(desk[6] or 0)
local answer = {'ok', '', desk[7] == desk[1] and '1' or '0'}
for i = 4, #ARGV, 2 do
  local student, ticket = ARGV[i], ARGV[i + 1]
  local held = redis.call('hget', KEYS[2], student)
  if held then
    answer[#answer + 1] = 'h' .. held
  elseif refused then
    answer[#answer + 1] = refused
  elseif free <= 0 and not is_doubted then
    answer[#answer + 1] = 'n0'
  else
    free, taken = free - 1, taken + 1
    redis.call('hset', KEYS[2], student, ticket)
    redis.call('zadd', KEYS[3], stamp, ticket .. student)
    answer[#answer + 1] = 'a'
  end
end
if taken > 0 then
  redis.call('hset', KEYS[1], 'free', free)
  redis.call('hincrby', KEYS[1], 'moves', 1)
  redis.call('pexpire', KEYS[2], redis.call('pttl', KEYS[1]))
  redis.call('pexpire', KEYS[3], ARGV[3])
end
answer[2] = tostring(math.max(free, 0))
return answer
