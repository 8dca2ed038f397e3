/** Cancels a call: at once while it waits, by asking its gateway while it runs. */
import { Script } from './script.ts';

/*
 * A waiting call's id stays in the ready list, from which it is dropped when its turn comes.
 *
 * KEYS  1 record  2 payload  3 delayed  4 backlog
 * ARGV  1 id  2 now (ms)  3 life of the record (s)  4 cancel channel  5 channel of the call
 * Returns 'unknown', 'cancelled' (waited), 'running' (its gateway was asked) or 'finished' (had ended before).
 */
export const cancel = new Script(`
local known = redis.call('HMGET', KEYS[1], 'state', 'function')
if not known[1] then return 'unknown' end
if known[1] == 'running' then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  redis.call('PUBLISH', ARGV[4], ARGV[1])
  return 'running'
end
if known[1] ~= 'queued' then return 'finished' end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'state', 'cancelled', 'finishedAt', ARGV[2])
redis.call('HDEL', KEYS[1], 'nextAttemptAt')
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('HINCRBY', KEYS[4], known[2], -1) <= 0 then redis.call('HDEL', KEYS[4], known[2]) end
redis.call('PUBLISH', ARGV[5], 'cancelled')
return 'cancelled'
`);
