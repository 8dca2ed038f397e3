/**
 * Prepares how warm pods become functions: a launch spec for each function whose code was seen to load, kept
 * in Redis, and made anew when anything that it is made of changes.
 *
 * Observes ConfigMaps through the cache and reads them, Secrets and code when it needs them. Writes to Redis
 * only; what it offers goes into the Function's status.
 */
import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionStatus } from '#crds/function/types.ts';
import { launchContext, launchDigest, launchKey } from '#crds/wire/launch-spec.ts';
import { functionKey } from '#crds/wire/names.ts';
import type { Seal } from '#crds/wire/seal.ts';
import type { KubeClient } from '#kube/client.ts';
import { ConfigError } from '#kube/env/config-error.ts';
import { environmentSources } from '#kube/env/sources.ts';
import { isConflict, isForbidden, isNotFound } from '#kube/errors.ts';
import { describeError, type Log } from '#kube/log.ts';
import type { AnnounceConfig } from '../config.ts';
import { hashOf } from '../function/canonical.ts';
import { contentHash } from '../function/source-content.ts';
import { poolName, shapeOf } from '../pool/shape.ts';
import type { SealedMaker } from '../sealed/keeper.ts';
import type { SealedKind, SealedStore } from '../sealed/store.ts';
import { createSealedWriter } from '../sealed/writer.ts';
import { whyDedicated } from './eligibility.ts';
import { readFiles, readSources } from './read.ts';
import { launchEnvironment, launchSpecBytes } from './spec.ts';

/** Secrets are not watched, so that a changed one is noticed after this time at the latest. */
const SECRETS_RECHECK_MS = 60_000;
/** After a failure to read that passes by itself. */
const RETRY_MS = 5_000;

/** What only a person can change. */
const FORBIDDEN_RETRY_MS = 300_000;
/** 128 bits. */
const HASH_DIGITS = 32;

export const launchSpecs: SealedKind = { what: 'launch specs', key: launchKey, context: launchContext };

type Launch = NonNullable<FunctionStatus['launch']>;

export interface Offer {
  /** For the status; undefined while only the function's own pods can run it. */
  launch?: Launch | undefined;
  /** When to ask again, in milliseconds. */
  againMs?: number | undefined;
}

export interface Launches extends SealedMaker {
  /**
   * How warm pods become the function at this revision. Never rejects.
   *
   * @param revision what pods should run; undefined while that cannot be known
   */
  offer(fn: CatnapFunction, revision: string | undefined): Promise<Offer>;
  forget(functionKey: string): void;
}

export interface LaunchesOptions {
  client: Pick<KubeClient, 'get'>;
  configMaps: { get(namespace: string, name: string): ConfigMap | undefined };
  store: Pick<SealedStore, 'ready' | 'write'>;
  /** Undefined where there are no warm pods. */
  seal: Seal | undefined;
  announce: AnnounceConfig | undefined;
  log: Log;
  /** In milliseconds. */
  monotonic: () => number;
}

/** What was made for a function, and of what. */
interface Made {
  inputs: string;
  environmentHash: string;
  readAtMs: number;
  launch: Launch;
}

export function createLaunches(options: LaunchesOptions): Launches {
  const { store, seal, log, monotonic } = options;
  const made = new Map<string, Made>();
  const writer = createSealedWriter(launchSpecs.what, store, log);
  const waiting = new Set<string>();

  /** Undefined when it was made and could not be written. */
  const make = async (key: string, fn: CatnapFunction, revision: string, seal: Seal) => {
    const inputs = inputsOf(options, fn, revision);
    const readAtMs = monotonic();
    const sources = await readSources(options.client, fn);
    const environment = launchEnvironment(fn, revision, options.announce, sources);
    const environmentHash = hashOf(environment, HASH_DIGITS);
    const known = made.get(key);
    const isSame = known?.environmentHash === environmentHash && !writer.isLost(known.launch.digest);
    if (isSame) return { ...known, inputs, readAtMs };
    const files = await readFiles(options.client, fn, revision);
    const bytes = launchSpecBytes(fn, revision, environment, files);
    const digest = launchDigest(seal, bytes);
    // The status named it only once it was written; the keeper tells when it was lost since.
    const isThere = digest === fn.status?.launch?.digest && !writer.isLost(digest);
    if (!isThere && !(await writer.write(key, digest, bytes))) return undefined;
    return { inputs, environmentHash, readAtMs, launch: { pool: poolName(shapeOf(fn)), digest } };
  };

  /** What was made before, while nothing can have changed about it. */
  const freshOffer = (key: string, fn: CatnapFunction, revision: string): Offer | undefined => {
    const known = made.get(key);
    if (known?.inputs !== inputsOf(options, fn, revision) || writer.isLost(known.launch.digest))
      return undefined;
    if (!hasSecrets(fn)) return { launch: known.launch };
    const againMs = known.readAtMs + SECRETS_RECHECK_MS - monotonic();
    return againMs > 0 ? { launch: known.launch, againMs } : undefined;
  };

  /** What holds while nothing new can be made: never a spec of other content. */
  const present = (key: string, fn: CatnapFunction, revision: string): Launch | undefined => {
    const known = made.get(key);
    if (known) return known.inputs === inputsOf(options, fn, revision) ? known.launch : undefined;
    return fn.status?.revision === revision ? fn.status.launch : undefined;
  };

  const withdraw = (key: string): Offer => {
    made.delete(key);
    waiting.delete(key);
    return {};
  };

  const failed = (key: string, fn: CatnapFunction, revision: string, error: unknown): Offer => {
    if (error instanceof ConfigError) {
      log.debug({ function: key, why: error.message }, 'not for warm pods');
      return { ...withdraw(key), againMs: hasSecrets(fn) ? SECRETS_RECHECK_MS : undefined };
    }
    if (isForbidden(error)) {
      log.warn({ function: key, ...describeError(error) }, 'no launch spec without the right to read this');
      return { ...withdraw(key), againMs: FORBIDDEN_RETRY_MS };
    }
    const level = isConflict(error) || isNotFound(error) ? 'debug' : 'warn';
    log[level]({ function: key, ...describeError(error) }, 'no launch spec, the function wakes without one');
    return { launch: present(key, fn, revision), againMs: RETRY_MS };
  };

  return {
    async offer(fn, revision) {
      const key = functionKey(fn.metadata.namespace, fn.metadata.name);
      const isLoaded = revision !== undefined && fn.status?.loadedRevision === revision;
      if (!seal || !isLoaded || whyDedicated(fn.spec)) return withdraw(key);
      const fresh = freshOffer(key, fn, revision);
      if (fresh) return fresh;
      try {
        const next = store.ready ? await make(key, fn, revision, seal) : undefined;
        if (!next) {
          waiting.add(key);
          return { launch: present(key, fn, revision) };
        }
        made.set(key, next);
        waiting.delete(key);
        return { launch: next.launch, againMs: hasSecrets(fn) ? SECRETS_RECHECK_MS : undefined };
      } catch (error) {
        return failed(key, fn, revision, error);
      }
    },
    forget: (key) => void withdraw(key),
    lost: writer.lost,
    current: () => new Set([...[...made.values()].map(({ launch }) => launch.digest), ...writer.underWay()]),
    waiting: () => [...waiting],
  };
}

/** All that a launch spec is made of, except the content of Secrets. */
function inputsOf({ configMaps }: LaunchesOptions, fn: CatnapFunction, revision: string): string {
  const maps = environmentSources(fn.spec)
    .filter(({ kind }) => kind === 'ConfigMap')
    .map(({ name }) => configMaps.get(fn.metadata.namespace, name));
  return hashOf([fn.metadata.uid, revision, maps.map((map) => map && contentHash(map))], HASH_DIGITS);
}

function hasSecrets(fn: CatnapFunction): boolean {
  return environmentSources(fn.spec).some(({ kind }) => kind === 'Secret');
}
