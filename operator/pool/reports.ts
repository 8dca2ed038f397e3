/** What gateways say of warm pods, taken from their samples. Pure; anything that is not as it should be is dropped. */
import { DNS_LABEL } from '#crds/wire/names.ts';
import type { Claim, Stray } from '#crds/wire/samples.ts';

export interface PoolReports {
  claims: Claim[];
  strays: Stray[];
  /** Functions on shared hosts, by the key of their pool. */
  isolates: Map<string, number>;
  /** Functions that wait for a warm pod, by the key of the pool. */
  starving: Map<string, number>;
}

/** More than any gateway has to tell; a bound on what a broken writer can cause. */
const MAX_ENTRIES = 1_000;
const POD_NAME = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const POOL_KEY = /^[-a-z0-9]{1,63}\/~[-a-z0-9]{1,63}$/;
const UID = /^[A-Za-z0-9-]{1,64}$/;
/** A revision becomes the value of a label. */
const REVISION = /^[a-z0-9]{1,63}$/;

type Entry = Partial<Record<string, unknown>>;

/** @param sample of one gateway, as it was read */
export function readPoolReports(sample: {
  claims?: unknown;
  strays?: unknown;
  isolates?: unknown;
  starving?: unknown;
}): PoolReports {
  return {
    isolates: countsOf(sample.isolates),
    starving: countsOf(sample.starving),
    claims: entriesOf(sample.claims).flatMap((entry) => claimOf(entry) ?? []),
    strays: entriesOf(sample.strays).flatMap((entry) => strayOf(entry) ?? []),
  };
}

function countsOf(value: unknown): Map<string, number> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && Number(count) >= 0;
  return new Map(
    entries
      .slice(0, MAX_ENTRIES)
      .filter((entry): entry is [string, number] => POOL_KEY.test(entry[0]) && isCount(entry[1])),
  );
}

function entriesOf(value: unknown): Entry[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, MAX_ENTRIES)
    .filter((entry): entry is Entry => typeof entry === 'object' && entry !== null);
}

function claimOf(entry: Entry): Claim | undefined {
  const pod = strayOf(entry);
  const { function: name, revision, claimMs, loadMs, loadFailed, growth } = entry;
  if (!pod || !matches(name, DNS_LABEL) || !matches(revision, REVISION)) return undefined;
  if (!isDuration(claimMs) || !isDuration(loadMs)) return undefined;
  return {
    ...pod,
    function: name,
    revision,
    claimMs,
    loadMs,
    ...(loadFailed === true && { loadFailed }),
    ...(growth === true && { growth }),
  };
}

function strayOf({ namespace, pod, podUid }: Entry): Stray | undefined {
  if (!matches(namespace, DNS_LABEL) || !matches(pod, POD_NAME) || !matches(podUid, UID)) return undefined;
  return { namespace, pod, podUid };
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
