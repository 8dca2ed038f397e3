/** Puts a dead letter away; the oldest of its function make room for it. */
import { Script } from './script.ts';

/*
 * The first write needs no memory, so that a full Redis takes it: the call's own request goes soon after.
 *
 * KEYS  1 dead letter  2 dead letters of the function  3 functions with dead letters
 * ARGV  1 id  2 function  3 now (ms)  4 life (s)  5 dead letters kept of a function  6 prefix of dead letters
 *       7… field, value, … of the dead letter
 * Returns how many older ones were dropped.
 */
export const bury = new Script(`
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - ARGV[4] * 1000)
for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[4])
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
local dropped = 0
if over > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[2], over)
  for i = 1, #oldest, 2 do
    redis.call('DEL', ARGV[6] .. oldest[i])
    dropped = dropped + 1
  end
end
redis.call('ZADD', KEYS[3], redis.call('ZCARD', KEYS[2]), ARGV[2])
return dropped
`);
