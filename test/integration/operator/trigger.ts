/** What tests ask about triggers, and how they play a gateway that runs them. */
import { Redis } from 'ioredis';
import type { FunctionCondition } from '#crds/function/types.ts';
import { functionKey } from '#crds/wire/names.ts';
import type { TriggerReport } from '#crds/wire/samples.ts';
import { Seal } from '#crds/wire/seal.ts';
import { type TriggerSpecs, triggersContext, triggersKey } from '#crds/wire/trigger-spec.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { Environment } from './environment.ts';
import { testFunction } from './function.ts';

export const ENCRYPTION_KEY = Buffer.alloc(32, 9);
const NAMESPACE = 'shop';
const WAIT_MS = 20_000;

export function triggerTools({ client, gateway, redis }: Environment) {
  const seal = new Seal(ENCRYPTION_KEY);
  const connection = new Redis(redis.url);
  const until = <T>(condition: () => T | Promise<T>, describe: string) =>
    waitFor(condition, { timeoutMs: WAIT_MS, describe });
  const statusOf = async (name: string) => (await testFunction(client, name).get()).status?.triggers;

  return {
    until,
    statusOf,
    digest: (name: string, except?: string) =>
      until(
        async () => {
          const digest = (await statusOf(name))?.digest;
          return digest !== except && digest;
        },
        `${name} to have ${except ? 'other' : ''} trigger specs`,
      ),
    /** Waits until the trigger's Connected condition has this reason, and returns it. */
    connected: (name: string, trigger: string, reason: string): Promise<FunctionCondition> =>
      until(async () => {
        const found = (await statusOf(name))?.list.find((one) => one.name === trigger)?.conditions[0];
        if (found?.reason !== reason) throw new Error(`it is ${found?.reason}: ${found?.message}`);
        return found;
      }, `${name}/${trigger} to be ${reason}`),
    /** From now on the gateway says this of the one trigger that it runs. */
    report: (name: string, trigger: string, how: Pick<TriggerReport, 'connected' | 'reason' | 'message'>) =>
      gateway.tell({ triggers: [{ namespace: NAMESPACE, function: name, trigger, ...how }] }),
    sealed: (digest: string) => connection.getBuffer(triggersKey(digest)),
    /** What Redis keeps under a digest, opened. */
    async specs(name: string, digest: string): Promise<TriggerSpecs | undefined> {
      const sealed = await connection.getBuffer(triggersKey(digest));
      const plain = sealed && seal.open(sealed, triggersContext(functionKey(NAMESPACE, name)));
      return plain ? (JSON.parse(plain.toString()) as TriggerSpecs) : undefined;
    },
    /** In seconds; -1 for what stays, -2 for what is not there. */
    ttl: (digest: string) => connection.ttl(triggersKey(digest)),
    loseData: () => connection.flushall(),
    /** Has whoever else is connected come anew. */
    breakConnections: () => connection.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    close: () => connection.disconnect(),
  };
}
