-- Gives tokens back that were taken for tickets which the database did not take. KEYS: desk, holders, recent.
-- ARGV: for each its student, its ticket, and the live ticket that stands in its place ('' for none).
local freed = 0
for i = 1, #ARGV, 3 do
  local student, ticket, standing = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  redis.call('zrem', KEYS[3], ticket .. student)
  if redis.call('hget', KEYS[2], student) == ticket then
    freed = freed + 1
    if standing == '' then
      redis.call('hdel', KEYS[2], student)
    else
      redis.call('hset', KEYS[2], student, standing)
    end
  end
end
if freed > 0 and redis.call('exists', KEYS[1]) == 1 then
  redis.call('hincrby', KEYS[1], 'free', freed)
  redis.call('hincrby', KEYS[1], 'moves', 1)
end
return freed
