/** Hands waiting calls to a gateway: one of each function in turn, round by round, as far as each has headroom. */
import { Script } from './script.ts';

/*
 * Calls whose time has come join their functions' lists first. A call that has ended while it waited is dropped.
 * A script's first write decides whether a full Redis refuses it; this one needs no memory, as delivering is what frees it.
 *
 * KEYS  1 ring  2 turn  3 delayed  4 gateways  5 taken
 * ARGV  1 gateway  2 calls wanted  3 bytes of requests wanted (the last call may exceed them)  4 now (ms, of the gateway)
 *       5 prefix of ready lists  6 of records  7 of payloads  8 headroom of functions that are not named
 *       9… function, headroom, … of the others
 * Returns {ms until the next delayed call is due or -1, functions with work, id, function, attempt, accepted, due or 0,
 *          payload or '', …}
 */
export const claim = new Script(`
local ring, taken, gateway = KEYS[1], KEYS[5], ARGV[1]
local wanted, bytes, now = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local readyPrefix, recordPrefix, payloadPrefix = ARGV[5], ARGV[6], ARGV[7]
local headroom, named = {}, 0
for i = 9, #ARGV, 2 do
  headroom[ARGV[i]] = tonumber(ARGV[i + 1])
  named = named + 1
end
redis.call('SREM', taken, '')
local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local function turn() return redis.call('INCR', KEYS[2]) end

for _, id in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', clock, 'BYSCORE', 'LIMIT', 0, 200)) do
  redis.call('ZREM', KEYS[3], id)
  local fn = redis.call('HGET', recordPrefix .. id, 'function')
  if fn then
    redis.call('RPUSH', readyPrefix .. fn, id)
    redis.call('ZADD', ring, 'NX', turn(), fn)
  end
end

redis.call('HSETNX', KEYS[4], gateway, 0)
local reply = {}
local candidates = redis.call('ZRANGE', ring, 0, named + wanted - 1)
local progress = true
while wanted > 0 and bytes > 0 and progress do
  progress = false
  for _, fn in ipairs(candidates) do
    local room = headroom[fn] or tonumber(ARGV[8])
    if room > 0 and wanted > 0 and bytes > 0 then
      local list = readyPrefix .. fn
      local id = redis.call('LPOP', list)
      while id do
        local record = redis.call('HMGET', recordPrefix .. id, 'state', 'acceptedAt', 'dueAt')
        if record[1] == 'queued' then
          local attempt = redis.call('HINCRBY', recordPrefix .. id, 'attempts', 1)
          redis.call('HSET', recordPrefix .. id, 'state', 'running', 'startedAt', now)
          redis.call('HDEL', recordPrefix .. id, 'nextAttemptAt')
          redis.call('SADD', taken, id)
          local payload = redis.call('GET', payloadPrefix .. id) or ''
          for _, part in ipairs({id, fn, attempt, record[2] or 0, record[3] or 0, payload}) do
            reply[#reply + 1] = part
          end
          bytes = bytes - #payload
          wanted = wanted - 1
          headroom[fn] = room - 1
          progress = true
          break
        end
        id = redis.call('LPOP', list)
      end
      if id and redis.call('EXISTS', list) == 1 then
        redis.call('ZADD', ring, turn(), fn)
      else
        redis.call('ZREM', ring, fn)
        headroom[fn] = 0
      end
    end
  end
end

local next = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local due = -1
if next[2] then due = math.max(0, tonumber(next[2]) - clock) end
table.insert(reply, 1, redis.call('ZCARD', ring))
table.insert(reply, 1, due)
return reply
`);
