/** Remembers what gateways last said of each trigger, and since when it is waited for. Pure, but for the clock. */
import { functionKey } from '#crds/wire/names.ts';
import type { KnownTriggerReport } from './reports.ts';

/** A trigger that nobody reports on for this long is not known to be connected, nor not to be. */
export const SILENCE_MS = 30_000;
/**
 * What is reported so soon after gateways were told something new may still be about the old: their samples and
 * the reading of these are a second apart each.
 */
const HOLD_MS = 3_000;

export interface Hearsay {
  /** The last report, while it counts. */
  report: KnownTriggerReport | undefined;
  /** How long it counts yet, or how long one is waited for; 0 when that is over. In milliseconds. */
  leftMs: number;
}

export interface ReportBook {
  /** All that gateways say now. Returns the keys of functions about whose triggers there is news. */
  take(reports: readonly KnownTriggerReport[]): Set<string>;
  hear(key: string, trigger: string): Hearsay;
  /** Gateways were just told of new triggers: what they said before is void. */
  restart(key: string): void;
  forget(key: string): void;
}

interface Entry {
  /** What is heard before is not believed. */
  heardFromMs: number;
  waitsSinceMs: number;
  triggers: Map<string, { report: KnownTriggerReport; atMs: number }>;
}

/**
 * @param isWanted whether reports on that function are of interest
 * @param monotonic in milliseconds
 */
export function createReportBook(isWanted: (key: string) => boolean, monotonic: () => number): ReportBook {
  const entries = new Map<string, Entry>();
  const entryOf = (key: string): Entry => {
    const nowMs = monotonic();
    const entry = entries.get(key) ?? { heardFromMs: nowMs, waitsSinceMs: nowMs, triggers: new Map() };
    entries.set(key, entry);
    return entry;
  };

  return {
    take(reports) {
      const nowMs = monotonic();
      const news = new Set<string>();
      for (const report of mergeReports(reports)) {
        const key = functionKey(report.namespace, report.function);
        if (!isWanted(key)) continue;
        const { heardFromMs, triggers } = entryOf(key);
        if (nowMs < heardFromMs) continue;
        const last = triggers.get(report.trigger);
        const isNews = !last || nowMs - last.atMs >= SILENCE_MS || !saysTheSame(last.report, report);
        if (isNews) news.add(key);
        triggers.set(report.trigger, { report, atMs: nowMs });
      }
      return news;
    },
    hear(key, trigger) {
      const nowMs = monotonic();
      const { triggers, waitsSinceMs } = entryOf(key);
      const heard = triggers.get(trigger);
      const leftMs = Math.max(0, (heard?.atMs ?? waitsSinceMs) + SILENCE_MS - nowMs);
      return { report: leftMs > 0 ? heard?.report : undefined, leftMs };
    },
    restart(key) {
      const nowMs = monotonic();
      entries.set(key, { heardFromMs: nowMs + HOLD_MS, waitsSinceMs: nowMs, triggers: new Map() });
    },
    forget: (key) => void entries.delete(key),
  };
}

/** One for each trigger. While one gateway takes over from another, the better news is the newer. */
function mergeReports(reports: readonly KnownTriggerReport[]): Iterable<KnownTriggerReport> {
  const merged = new Map<string, KnownTriggerReport>();
  for (const report of reports) {
    const id = `${report.namespace}/${report.function}/${report.trigger}`;
    const known = merged.get(id);
    if (!known || rank(report) > rank(known)) merged.set(id, report);
  }
  return merged.values();
}

function rank({ connected, reason }: KnownTriggerReport): number {
  if (connected) return 2;
  return reason === 'TriggerConnecting' ? 0 : 1;
}

function saysTheSame(a: KnownTriggerReport, b: KnownTriggerReport): boolean {
  return a.connected === b.connected && a.reason === b.reason && a.message === b.message;
}
