/** Writes down how a call ended, once, whoever has it in hand. */
import { Script } from './script.ts';

/*
 * A call that was asked to be cancelled while it ran counts as cancelled unless it succeeded all the same.
 *
 * KEYS  1 record  2 payload  3 response  4 taken  5 backlog
 * ARGV  1 id  2 function  3 state  4 finished (ms)  5 life of the result (s)  6 channel of the call  7 sealed response or ''
 *       8 status of the response or ''  9 reason or ''  10 detail  11 attempts
 * Returns the state in which the call ended now, or nil when it had ended before or is not known.
 */
export const finish = new Script(`
redis.call('SREM', KEYS[4], ARGV[1])
local known = redis.call('HMGET', KEYS[1], 'state', 'cancel')
if known[1] ~= 'running' and known[1] ~= 'queued' then return nil end
local state = ARGV[3]
if state == 'failed' and known[2] then state = 'cancelled' end
redis.call('HSET', KEYS[1], 'state', state, 'finishedAt', ARGV[4], 'attempts', ARGV[11])
redis.call('HDEL', KEYS[1], 'nextAttemptAt')
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'status', ARGV[8]) end
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'reason', ARGV[9], 'detail', ARGV[10]) end
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('DEL', KEYS[2])
if ARGV[7] ~= '' then redis.call('SET', KEYS[3], ARGV[7], 'EX', ARGV[5]) end
if redis.call('HINCRBY', KEYS[5], ARGV[2], -1) <= 0 then redis.call('HDEL', KEYS[5], ARGV[2]) end
redis.call('PUBLISH', ARGV[6], state)
return state
`);
