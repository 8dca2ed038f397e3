/** Takes calls out of a gateway's hand to the front of their functions' lists: of a dead gateway, or lost ones. */
import { Script } from './script.ts';

/*
 * Those that were asked to be cancelled have ended with that.
 *
 * KEYS  1 gateways  2 taken  3 ring  4 turn  5 backlog
 * ARGV  1 gateway  2 prefix of ready lists  3 of records  4 of payloads  5 ready channel  6 life of a record (s)
 *       7… ids; none for all, and then the gateway is struck off
 * Returns how many calls were released.
 */
export const release = new Script(`
local ids = {}
for i = 7, #ARGV do ids[#ids + 1] = ARGV[i] end
if #ids == 0 then
  ids = redis.call('SMEMBERS', KEYS[2])
  redis.call('HDEL', KEYS[1], ARGV[1])
end
local released = 0
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(ids) do
  local record = ARGV[3] .. id
  local known = redis.call('HMGET', record, 'state', 'function', 'cancel')
  local held = redis.call('SREM', KEYS[2], id) == 1 and known[1] == 'running'
  if held and known[3] then
    redis.call('HSET', record, 'state', 'cancelled', 'finishedAt', clock)
    redis.call('EXPIRE', record, ARGV[6])
    redis.call('DEL', ARGV[4] .. id)
    if redis.call('HINCRBY', KEYS[5], known[2], -1) <= 0 then redis.call('HDEL', KEYS[5], known[2]) end
  elseif held then
    redis.call('HSET', record, 'state', 'queued')
    redis.call('LPUSH', ARGV[2] .. known[2], id)
    redis.call('ZADD', KEYS[3], 'NX', redis.call('INCR', KEYS[4]), known[2])
    redis.call('PUBLISH', ARGV[5], known[2])
    released = released + 1
  end
end
return released
`);
