/** Takes a new call in, once; and into the hand of the gateway at once when it is the function's next. */
import { Script } from './script.ts';

/*
 * KEYS  1 record  2 payload  3 ready list  4 ring  5 turn  6 delayed  7 backlog  8 index  9 gateways  10 taken
 * ARGV  1 id  2 function  3 fingerprint  4 accepted (ms)  5 sealed request  6 largest backlog
 *       7 put off by (ms, 0 for not)  8 gateway that takes it at once ('' for none)  9 entries that the index keeps
 *       10 life of the index (s)  11 ready channel
 * Returns
 *   {0}                     queued
 *   {1}                     taken by the gateway: attempt 1 runs
 *   {2, fingerprint}        the id is known, for this request
 *   {3}                     the backlog is full
 */
export const accept = new Script(`
local known = redis.call('HGET', KEYS[1], 'request')
if known then return {2, known} end
local backlog = tonumber(redis.call('HGET', KEYS[7], ARGV[2]) or '0')
if backlog >= tonumber(ARGV[6]) then return {3} end
local id, fn, accepted = ARGV[1], ARGV[2], ARGV[4]
redis.call('HINCRBY', KEYS[7], fn, 1)
redis.call('SET', KEYS[2], ARGV[5])
redis.call('ZADD', KEYS[8], accepted, id)
redis.call('ZREMRANGEBYRANK', KEYS[8], 0, -1 - tonumber(ARGV[9]))
redis.call('EXPIRE', KEYS[8], ARGV[10])
local offMs = tonumber(ARGV[7])
if offMs > 0 then
  local time = redis.call('TIME')
  local due = time[1] * 1000 + math.floor(time[2] / 1000) + offMs
  redis.call('ZADD', KEYS[6], due, id)
  redis.call('HSET', KEYS[1], 'request', ARGV[3], 'function', fn, 'acceptedAt', accepted, 'state', 'queued',
    'attempts', 0, 'dueAt', due, 'nextAttemptAt', due)
  return {0}
end
if ARGV[8] ~= '' and redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('HSETNX', KEYS[9], ARGV[8], 0)
  redis.call('SADD', KEYS[10], id)
  redis.call('HSET', KEYS[1], 'request', ARGV[3], 'function', fn, 'acceptedAt', accepted, 'state', 'running',
    'attempts', 1, 'startedAt', accepted)
  return {1}
end
redis.call('HSET', KEYS[1], 'request', ARGV[3], 'function', fn, 'acceptedAt', accepted, 'state', 'queued',
  'attempts', 0)
if redis.call('RPUSH', KEYS[3], id) == 1 then
  redis.call('ZADD', KEYS[4], 'NX', redis.call('INCR', KEYS[5]), fn)
  redis.call('PUBLISH', ARGV[11], fn)
end
return {0}
`);
