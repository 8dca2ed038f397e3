/** Takes in a call that an earlier version has queued and acknowledged. */
import { Script } from './script.ts';

/*
 * KEYS  1 record  2 payload  3 ready list  4 ring  5 turn  6 backlog  7 index
 * ARGV  1 id  2 function  3 accepted (ms)  4 sealed request  5 attempts so far  6 ready channel
 * Returns 1, or 0 when the call has ended or was taken in before.
 */
export const adopt = new Script(`
local state = redis.call('HGET', KEYS[1], 'state')
if (state ~= 'queued' and state ~= 'running') or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('PERSIST', KEYS[1])
redis.call('HSET', KEYS[1], 'state', 'queued', 'acceptedAt', ARGV[3], 'attempts', ARGV[5])
redis.call('SET', KEYS[2], ARGV[4])
redis.call('HINCRBY', KEYS[6], ARGV[2], 1)
redis.call('ZADD', KEYS[7], ARGV[3], ARGV[1])
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], 'NX', redis.call('INCR', KEYS[5]), ARGV[2])
redis.call('PUBLISH', ARGV[6], ARGV[2])
return 1
`);
