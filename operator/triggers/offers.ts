/**
 * Prepares what gateways need to run the triggers of functions: kept in Redis, sealed, and made anew when a
 * trigger or one of its Secrets changes.
 *
 * Reads Secrets when it needs them. Writes to Redis only; the digest goes into the Function's status.
 */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { functionKey } from '#crds/wire/names.ts';
import type { Seal } from '#crds/wire/seal.ts';
import { triggersContext, triggersDigest, triggersKey } from '#crds/wire/trigger-spec.ts';
import type { KubeClient } from '#kube/client.ts';
import { describeError, type Log } from '#kube/log.ts';
import { hashOf } from '../function/canonical.ts';
import type { Finding } from '../function/conditions.ts';
import type { SealedMaker } from '../sealed/keeper.ts';
import type { SealedKind, SealedStore } from '../sealed/store.ts';
import { createSealedWriter } from '../sealed/writer.ts';
import { notHandedOver } from './conditions.ts';
import { readCredentials } from './secrets.ts';
import { type Credentials, resolveTriggers, secretNames } from './spec.ts';

/** Secrets are not watched, so that a changed one is noticed after this time at the latest. */
const SECRETS_RECHECK_MS = 60_000;
/** One that is missing is being waited for. */
const MISSING_RECHECK_MS = 10_000;
/** After a failure to read that passes by itself. */
const RETRY_MS = 5_000;
/** 128 bits. */
const HASH_DIGITS = 32;

export const triggerSpecs: SealedKind = { what: 'trigger specs', key: triggersKey, context: triggersContext };

export interface TriggerOffer {
  /** For the status; undefined while there is nothing that a gateway could run. */
  digest: string | undefined;
  /** Why triggers cannot run, by name. */
  obstacles: ReadonlyMap<string, Finding>;
  /** When to ask again, in milliseconds. */
  againMs?: number | undefined;
}

export interface TriggerOffers extends SealedMaker {
  /** What gateways are to run for the function. Never rejects. */
  offer(fn: CatnapFunction): Promise<TriggerOffer>;
  forget(functionKey: string): void;
}

export interface TriggerOffersOptions {
  client: Pick<KubeClient, 'get'>;
  store: Pick<SealedStore, 'ready' | 'write'>;
  /** Undefined where nothing can be sealed, and thus nothing handed over. */
  seal: Seal | undefined;
  log: Log;
  /** In milliseconds. */
  monotonic: () => number;
}

/** What was made for a function, and of what. */
interface Made extends TriggerOffer {
  inputs: string;
  /** When to look at Secrets again; undefined without any. */
  dueMs: number | undefined;
}

export function createTriggerOffers({
  client,
  store,
  seal,
  log,
  monotonic,
}: TriggerOffersOptions): TriggerOffers {
  const writer = createSealedWriter(triggerSpecs.what, store, log);
  const made = new Map<string, Made>();
  const waiting = new Set<string>();

  /** Undefined when it was made and could not be written. */
  const make = async (key: string, fn: CatnapFunction, inputs: string, seal: Seal) => {
    const names = secretNames(fn);
    const secrets = await readCredentials(client, fn.metadata.namespace, names);
    const dueMs = names.size > 0 ? monotonic() + recheckMs(secrets.values()) : undefined;
    const { plain, obstacles } = resolveTriggers(fn, secrets);
    if (!plain) return { inputs, digest: undefined, obstacles, dueMs };
    const digest = triggersDigest(seal, plain);
    // The status named it only once it was written; the keeper tells when it was lost since.
    const isThere = digest === fn.status?.triggers?.digest && !writer.isLost(digest);
    if (!isThere && !(await writer.write(key, digest, plain))) return undefined;
    return { inputs, digest, obstacles, dueMs };
  };

  const offerOf = ({ digest, obstacles, dueMs }: Made): TriggerOffer => ({
    digest,
    obstacles,
    againMs: dueMs === undefined ? undefined : Math.max(0, dueMs - monotonic()),
  });

  /** What holds while nothing new can be made: gateways go on with what they have. */
  const present = (key: string, fn: CatnapFunction, inputs: string): TriggerOffer => {
    const known = made.get(key);
    const obstacles = known?.inputs === inputs ? known.obstacles : new Map();
    return { digest: known?.digest ?? fn.status?.triggers?.digest, obstacles };
  };

  const isFresh = (known: Made | undefined, inputs: string): known is Made => {
    const isLost = known?.digest !== undefined && writer.isLost(known.digest);
    const isDue = known?.dueMs !== undefined && known.dueMs <= monotonic();
    return known?.inputs === inputs && !isLost && !isDue;
  };

  const forget = (key: string) => {
    made.delete(key);
    waiting.delete(key);
  };

  return {
    async offer(fn) {
      const key = functionKey(fn.metadata.namespace, fn.metadata.name);
      const { triggers = [] } = fn.spec;
      if (triggers.length === 0 || !seal) {
        forget(key);
        return { digest: undefined, obstacles: new Map(triggers.map(({ name }) => [name, notHandedOver()])) };
      }
      const inputs = hashOf([fn.metadata.uid, triggers], HASH_DIGITS);
      const known = made.get(key);
      if (isFresh(known, inputs)) return offerOf(known);
      try {
        const next = store.ready ? await make(key, fn, inputs, seal) : undefined;
        if (!next) {
          waiting.add(key);
          return present(key, fn, inputs);
        }
        made.set(key, next);
        waiting.delete(key);
        return offerOf(next);
      } catch (error) {
        log.warn({ function: key, ...describeError(error) }, 'triggers not resolved, to be tried again');
        return { ...present(key, fn, inputs), againMs: RETRY_MS };
      }
    },
    forget,
    lost: writer.lost,
    current: () => {
      const digests = [...made.values()].flatMap(({ digest }) => digest ?? []);
      return new Set([...digests, ...writer.underWay()]);
    },
    waiting: () => [...waiting],
  };
}

function recheckMs(credentials: Iterable<Credentials>): number {
  return [...credentials].includes('missing') ? MISSING_RECHECK_MS : SECRETS_RECHECK_MS;
}
