/** Gives a call back that a gateway has in hand: to be delivered again, at once or later. */
import { Script } from './script.ts';

/*
 * KEYS  1 record  2 taken  3 delayed
 * ARGV  1 id  2 pause (ms)  3 attempts to take off again (1 when the call never began)  4 channel of the call
 * Returns 1, or 0 when the gateway does not have it any more, or nil when it was asked to be cancelled: then it is still
 * in hand, to be finished.
 */
export const putBack = new Script(`
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then return 0 end
local known = redis.call('HMGET', KEYS[1], 'state', 'cancel')
if known[2] and known[1] == 'running' then return nil end
redis.call('SREM', KEYS[2], ARGV[1])
if known[1] ~= 'running' then return 0 end
local time = redis.call('TIME')
local due = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'state', 'queued', 'nextAttemptAt', due)
if ARGV[3] ~= '0' then redis.call('HINCRBY', KEYS[1], 'attempts', -tonumber(ARGV[3])) end
redis.call('ZADD', KEYS[3], due, ARGV[1])
redis.call('PUBLISH', ARGV[4], 'queued')
return 1
`);
