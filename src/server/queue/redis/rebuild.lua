-- Puts a desk as the database has it in place of the one of an epoch, unless somebody else did so first.
-- KEYS: desk, holders, recent, staged holders. ARGV: the epoch to replace ('' for none), the new epoch, opens_at, closes_at, paused,
-- free, life of the desk (ms), life of recent (ms), for how long the desk is doubted (ms): tickets may be on their way into the database
-- that `recent` does not know; whether it is final (rules::seckill::admission::is_final); how many holders were staged. Answers 'ok', or 'stale'.
local epoch = redis.call('hget', KEYS[1], 'epoch') or ''
-- Redis may have come back with an older state since they were staged: then a desk of the same epoch stands, and they do not.
if epoch ~= ARGV[1] or redis.call('hlen', KEYS[4]) ~= tonumber(ARGV[11]) then
  redis.call('unlink', KEYS[4])
  return 'stale'
end
local time = redis.call('time')
time = time[1] * 1000 + math.floor(time[2] / 1000)
local youngest = time - ARGV[8]
redis.call('zremrangebyscore', KEYS[3], '-inf', string.format('(%.0f', youngest))
local free = tonumber(ARGV[6])
-- Admitted a moment ago, and perhaps not in the database yet when it was read: their tokens are taken.
for _, entry in ipairs(redis.call('zrange', KEYS[3], 0, -1)) do
  if redis.call('hsetnx', KEYS[4], string.sub(entry, 17), string.sub(entry, 1, 16)) == 1 then
    free = free - 1
  end
end
redis.call('unlink', KEYS[2])
if redis.call('exists', KEYS[4]) == 1 then
  redis.call('rename', KEYS[4], KEYS[2])
  redis.call('pexpire', KEYS[2], ARGV[7])
end
-- A doubt of before goes on, but never for longer than one that begins now: another machine's Redis may have had another clock.
local before = math.min(tonumber(redis.call('hget', KEYS[1], 'sure_at') or 0), time + ARGV[8])
local sure_at = math.max(before, time + ARGV[9])
redis.call('hset', KEYS[1], 'epoch', ARGV[2], 'opens_at', ARGV[3], 'closes_at', ARGV[4], 'paused', ARGV[5], 'free', free)
redis.call('hset', KEYS[1], 'sure_at', string.format('%.0f', sure_at), 'final', ARGV[10] == '1' and ARGV[2] or '')
redis.call('hincrby', KEYS[1], 'moves', 1)
redis.call('pexpire', KEYS[1], ARGV[7])
return 'ok'
