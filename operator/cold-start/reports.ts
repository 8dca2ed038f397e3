/** What gateways say of cold starts, taken from their samples. Pure; anything that is not as it should be is dropped. */
import type { ColdStart } from '#crds/wire/samples.ts';

/** By `namespace/name`: the last cold start of each function. */
export type ColdStartReports = ReadonlyMap<string, ColdStart>;

/** More than any gateway has to tell; a bound on what a broken writer can cause. */
const MAX_ENTRIES = 1_000;
/** Longer than any call may take. */
const MAX_MS = 86_400_000;
const starts: readonly unknown[] = ['pooled', 'isolate', 'dedicated'] satisfies ColdStart['start'][];

type Entry = Partial<Record<string, unknown>>;

/** @param coldStarts of one gateway's sample, as it was read */
export function readColdStarts(coldStarts: unknown): ColdStartReports {
  if (typeof coldStarts !== 'object' || coldStarts === null) return new Map();
  const entries = Object.entries(coldStarts as Record<string, unknown>).slice(0, MAX_ENTRIES);
  return new Map(
    entries.flatMap(([key, value]) => {
      const report = typeof value === 'object' && value !== null ? coldStartOf(value as Entry) : undefined;
      return report ? [[key, report] as const] : [];
    }),
  );
}

function coldStartOf({ atMs, start, queuedMs, claimedMs, loadedMs, firstByteMs }: Entry) {
  if (!isTime(atMs) || !starts.includes(start) || !isDuration(queuedMs) || !isDuration(firstByteMs)) {
    return undefined;
  }
  const report: ColdStart = {
    atMs: Math.floor(atMs),
    start: start as ColdStart['start'],
    queuedMs,
    firstByteMs,
  };
  return isDuration(claimedMs) && isDuration(loadedMs) ? { ...report, claimedMs, loadedMs } : report;
}

/** What a Date can hold. */
function isTime(value: unknown): value is number {
  return isNumber(value) && value <= 8.64e15;
}

function isDuration(value: unknown): value is number {
  return isNumber(value) && value <= MAX_MS;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
