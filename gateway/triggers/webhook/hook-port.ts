/** What is posted to a trigger goes straight to its function, from whichever gateway it was posted to. */
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import type { Sender } from '../sender.ts';
import type { HookPort } from './hooks.ts';

/** Functions whose specs are remembered; others are read again. */
const MAX_REMEMBERED = 200;

export interface HookPortOptions {
  /** Undefined when the function has no triggers, or is not known. */
  readonly digestOf: (functionKey: string) => string | undefined;
  readonly readSpecs: (functionKey: string, digest: string) => Promise<readonly TriggerSpec[]>;
  readonly senderFor: (functionKey: string, trigger: TriggerSpec) => Pick<Sender, 'send'>;
}

export function createHookPort({ digestOf, readSpecs, senderFor }: HookPortOptions): HookPort {
  /** By digest, the least recently used first. */
  const remembered = new Map<string, readonly TriggerSpec[]>();

  const specsOf = async (functionKey: string, digest: string) => {
    const specs = remembered.get(digest) ?? (await readSpecs(functionKey, digest));
    remembered.delete(digest);
    remembered.set(digest, specs);
    if (remembered.size > MAX_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
    return specs;
  };

  return {
    async find(functionKey, trigger) {
      const digest = digestOf(functionKey);
      const specs = digest === undefined ? [] : await specsOf(functionKey, digest);
      return specs.find(({ name }) => name === trigger);
    },
    async deliver(functionKey, trigger, events) {
      const sender = senderFor(functionKey, trigger);
      const never = new AbortController().signal;
      const signals = { closing: never, cancel: never };
      const { maxEvents } = trigger.batch;
      for (let from = 0; from < events.length; from += maxEvents) {
        await sender.send(events.slice(from, from + maxEvents), maxEvents > 1, signals);
      }
    },
  };
}
