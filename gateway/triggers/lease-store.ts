/**
 * Who owns which slot, in Redis:
 *
 * - `catnap:triggers:{owners}:gateways`: sorted set, gateway id → end of its lease in Redis' milliseconds.
 * - `catnap:triggers:{owners}:slots`: hash, slot → id of the gateway that owns it.
 * - `catnap:triggers:{owners}:since`: when this record began.
 *
 * One script changes them, so that a slot never has two owners. A record that was lost begins anew with what
 * gateways say they hold; nothing is given out until every lease of before must have ended.
 */
import type { Redis } from 'ioredis';

export const SINCE_KEY = 'catnap:triggers:{owners}:since';
const KEYS = ['catnap:triggers:{owners}:gateways', 'catnap:triggers:{owners}:slots', SINCE_KEY];

const RENEW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, ttl = ARGV[1], tonumber(ARGV[2])
redis.call('SET', KEYS[3], now, 'NX')
local mayGive = now - tonumber(redis.call('GET', KEYS[3])) >= ttl
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ttl, id)
local gateways = redis.call('ZRANGE', KEYS[1], 0, -1)
local lives = {}
for _, gateway in ipairs(gateways) do lives[gateway] = true end
local held = {}
for slot in string.gmatch(ARGV[3], '%d+') do held[slot] = true end
local owners = {}
local known = redis.call('HGETALL', KEYS[2])
for i = 1, #known, 2 do
  local slot, owner = known[i], known[i + 1]
  if not lives[owner] or (owner == id and not held[slot]) then redis.call('HDEL', KEYS[2], slot)
  else owners[slot] = owner end
end
local mine = {}
local function claim(slot)
  if not owners[slot] then
    redis.call('HSET', KEYS[2], slot, id)
    owners[slot] = id
  end
  if owners[slot] == id then table.insert(mine, slot) end
end
for slot in pairs(held) do claim(slot) end
if mayGive then
  for slot in string.gmatch(ARGV[4], '%d+') do
    if not owners[slot] then claim(slot) end
  end
end
return { gateways, mine }
`;

const LEAVE = `
redis.call('ZREM', KEYS[1], ARGV[1])
local known = redis.call('HGETALL', KEYS[2])
for i = 1, #known, 2 do
  if known[i + 1] == ARGV[1] then redis.call('HDEL', KEYS[2], known[i]) end
end
return 0
`;

export interface Lease {
  /** Ids of the gateways that live. */
  readonly gateways: readonly string[];
  /** The slots that are this gateway's now: some of `held`, some of `wanted`. */
  readonly mine: ReadonlySet<number>;
}

export interface LeaseStore {
  /**
   * Lives on for `ttlMs`; gives up the slots that are not `held` any more and takes those `wanted` ones that
   * nobody owns. Rejects soon when Redis does not answer.
   */
  renew(request: { ttlMs: number; held: Iterable<number>; wanted: Iterable<number> }): Promise<Lease>;
  /** Gives up everything at once. */
  leave(): Promise<void>;
}

type Scripts = Record<'catnapRenewTriggers' | 'catnapLeaveTriggers', (...args: string[]) => Promise<unknown>>;

/** @param redis a connection that fails at once while Redis is away */
export function createLeaseStore(redis: Redis, gatewayId: string): LeaseStore {
  redis.defineCommand('catnapRenewTriggers', { numberOfKeys: KEYS.length, lua: RENEW });
  redis.defineCommand('catnapLeaveTriggers', { numberOfKeys: KEYS.length, lua: LEAVE });
  const scripts = redis as unknown as Scripts;
  return {
    async renew({ ttlMs, held, wanted }) {
      const list = (slots: Iterable<number>) => [...slots].join(',');
      const reply = await scripts.catnapRenewTriggers(
        ...KEYS,
        gatewayId,
        String(ttlMs),
        list(held),
        list(wanted),
      );
      const [gateways, mine] = reply as [string[], string[]];
      return { gateways, mine: new Set(mine.map(Number)) };
    },
    async leave() {
      await scripts.catnapLeaveTriggers(...KEYS, gatewayId);
    },
  };
}
