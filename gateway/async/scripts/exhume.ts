/** Removes dead letters of a function. */
import { Script } from './script.ts';

/*
 * KEYS  1 dead letters of the function  2 functions with dead letters
 * ARGV  1 function  2 prefix of dead letters  3… ids; none for all
 * Returns how many there were.
 */
export const exhume = new Script(`
local ids = {}
for i = 3, #ARGV do ids[#ids + 1] = ARGV[i] end
if #ids == 0 then ids = redis.call('ZRANGE', KEYS[1], 0, -1) end
local removed = 0
for _, id in ipairs(ids) do
  redis.call('ZREM', KEYS[1], id)
  removed = removed + redis.call('DEL', ARGV[2] .. id)
end
local left = redis.call('ZCARD', KEYS[1])
if left == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], left, ARGV[1]) end
return removed
`);
