/** Triggers as the operator leaves them for gateways. */
import { Redis } from 'ioredis';
import type { FunctionStatus } from '#crds/function/types.ts';
import { Seal } from '#crds/wire/seal.ts';
import { type TriggerSpec, triggersContext, triggersDigest, triggersKey } from '#crds/wire/trigger-spec.ts';
import { SINCE_KEY } from '#gateway/triggers/lease-store.ts';
import { ENCRYPTION_KEY, NAMESPACE } from '#test/integration/gateway/fixture.ts';

export const seal = new Seal(Buffer.from(ENCRYPTION_KEY, 'base64'));

/** A spec with defaults. */
export function triggerSpec(name: string, type: string, more: Partial<TriggerSpec> = {}): TriggerSpec {
  return {
    name,
    type,
    config: {},
    credentials: {},
    batch: { maxEvents: 1, maxWaitMilliseconds: 0 },
    concurrency: 10,
    ...more,
  };
}

/** Puts the triggers of a function into Redis. Returns the status that names them. */
export async function storeTriggers(
  redis: Redis,
  functionName: string,
  triggers: TriggerSpec[],
): Promise<FunctionStatus> {
  const key = `${NAMESPACE}/${functionName}`;
  const plain = Buffer.from(JSON.stringify({ function: key, triggers }));
  const digest = triggersDigest(seal, plain);
  await redis.set(triggersKey(digest), seal.close(plain, triggersContext(key)));
  return { triggers: { digest, list: [] } };
}

/** Connects, and lets gateways share out triggers at once instead of after the length of a lease. */
export async function prepareRedis(url: string): Promise<Redis> {
  const redis = new Redis(url);
  // Tests kill the server.
  redis.on('error', () => {});
  await redis.set(SINCE_KEY, 0);
  return redis;
}
