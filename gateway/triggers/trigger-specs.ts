/** Trigger specs, read from Redis by their digest and opened. */
import type { Redis } from 'ioredis';
import type { Seal } from '#crds/wire/seal.ts';
import {
  type TriggerSpec,
  type TriggerSpecs,
  triggersContext,
  triggersKey,
} from '#crds/wire/trigger-spec.ts';

/**
 * The triggers of a function.
 *
 * @throws Error that says why they cannot be had now: Redis does not answer, has none under this digest, or
 *   they were sealed with another key
 */
export async function readTriggerSpecs(
  redis: Pick<Redis, 'getBuffer'>,
  seal: Seal,
  functionKey: string,
  digest: string,
): Promise<TriggerSpec[]> {
  const sealed = await redis.getBuffer(triggersKey(digest));
  if (sealed === null) throw new Error('Redis does not have the trigger specs; the operator puts them back');
  const { triggers } = JSON.parse(seal.open(sealed, triggersContext(functionKey)).toString()) as TriggerSpecs;
  return triggers;
}
