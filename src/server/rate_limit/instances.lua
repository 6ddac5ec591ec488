-- Says that an instance is there, and counts all. KEYS: instances. ARGV: this one, seconds after which a silent one is gone.
local now = redis.call('time')[1]
redis.call('zadd', KEYS[1], now, ARGV[1])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - ARGV[2])
redis.call('expire', KEYS[1], ARGV[2])
return redis.call('zcard', KEYS[1])
