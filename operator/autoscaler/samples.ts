/** Adds up what gateways report. Pure; where the reports come from is another file's business. */
import type { ColdStart, FunctionSample } from '#crds/wire/samples.ts';
import { type ColdStartReports, readColdStarts } from '../cold-start/reports.ts';
import { type PoolReports, readPoolReports } from '../pool/reports.ts';
import { type KnownTriggerReport, readTriggerReports } from '../triggers/reports.ts';
import type { Load } from './decide.ts';

/** A report that does not move for this long is old news: the gateway stands still. */
const STALE_MS = 3_000;
/** A gateway that is listed but not heard for this long is gone for good, not just late. */
const GONE_MS = 30_000;
/** More calls than any cluster serves; a bound on what a broken writer can cause. */
const MAX_CALLS = 1e7;

/** What was read about one gateway: its report as stored, or null when there is none. */
export interface Report {
  gatewayId: string;
  text: string | null;
}

interface Heard {
  sequence: number;
  /** When the sequence was first seen; for a silent gateway, when it was last heard. */
  atMs: number;
}

/** What is known of each gateway from one reading to the next. */
export type Hearing = ReadonlyMap<string, Heard>;

export interface LoadSnapshot {
  /** The load of a function; zero for one that no report mentions. */
  of(key: string): Load;
  /** Functions with load. */
  keys(): Iterable<string>;
  /** What gateways did with warm pods. */
  readonly pools: PoolReports;
  /** How triggers fare. */
  readonly triggers: readonly KnownTriggerReport[];
  readonly coldStarts: ColdStartReports;
}

export interface Reading {
  hearing: Hearing;
  /** Undefined when no gateway was heard: then nothing is known. */
  snapshot: LoadSnapshot | undefined;
  /** Gateways to strike off the list. */
  gone: string[];
}

/** One reading of all reports, on top of what was known before. */
export function readReports(reports: readonly Report[], before: Hearing, nowMs: number): Reading {
  const hearing = new Map<string, Heard>();
  const totals = new Map<string, FunctionSample>();
  const told: Told = {
    pools: { claims: [], strays: [], isolates: new Map(), starving: new Map() },
    triggers: [],
    coldStarts: new Map(),
  };
  const gone: string[] = [];
  let complete = true;
  let heardAny = false;
  for (const { gatewayId, text } of reports) {
    const known = before.get(gatewayId);
    const sample = text === null ? undefined : parseSample(text);
    const heard =
      sample && sample.sequence !== known?.sequence
        ? { sequence: sample.sequence, atMs: nowMs }
        : (known ?? { sequence: -1, atMs: nowMs });
    hearing.set(gatewayId, heard);
    if (sample && nowMs - heard.atMs <= STALE_MS) {
      heardAny = true;
      addAll(totals, sample.functions);
      addTold(told, sample);
    } else if (nowMs - heard.atMs > GONE_MS) {
      gone.push(gatewayId);
    } else {
      complete = false;
    }
  }
  return {
    hearing,
    snapshot: heardAny ? snapshotOf(totals, complete, told) : undefined,
    gone,
  };
}

function snapshotOf(
  totals: ReadonlyMap<string, FunctionSample>,
  complete: boolean,
  told: Told,
): LoadSnapshot {
  return {
    of(key) {
      const { concurrency = 0, queued = 0, arrivals = 0 } = totals.get(key) ?? {};
      return {
        concurrency: Math.min(concurrency, MAX_CALLS),
        arrivals: Math.min(arrivals, MAX_CALLS),
        active: concurrency > 0 || queued > 0 || arrivals > 0,
        complete,
      };
    },
    keys: () => totals.keys(),
    ...told,
  };
}

/** What gateways say beside the load. */
interface Told {
  pools: PoolReports;
  triggers: KnownTriggerReport[];
  coldStarts: Map<string, ColdStart>;
}

/** Of several cold starts of one function, the last is kept. */
function addTold({ pools, triggers, coldStarts }: Told, sample: Sample): void {
  const { claims, strays, isolates, starving } = readPoolReports(sample);
  pools.claims.push(...claims);
  pools.strays.push(...strays);
  // Gateways that know of the same function know the same isolate, by and large.
  for (const [key, count] of isolates) {
    pools.isolates.set(key, Math.max(count, pools.isolates.get(key) ?? 0));
  }
  for (const [key, count] of starving) {
    pools.starving.set(key, count + (pools.starving.get(key) ?? 0));
  }
  triggers.push(...readTriggerReports(sample.triggers));
  for (const [key, report] of readColdStarts(sample.coldStarts)) {
    if (report.atMs > (coldStarts.get(key)?.atMs ?? 0)) coldStarts.set(key, report);
  }
}

function addAll(totals: Map<string, FunctionSample>, functions: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(functions)) {
    const { concurrency, queued, arrivals } = (value ?? {}) as Record<string, unknown>;
    const total = totals.get(key) ?? { concurrency: 0, queued: 0, arrivals: 0 };
    totals.set(key, {
      concurrency: total.concurrency + amount(concurrency),
      queued: total.queued + amount(queued),
      arrivals: total.arrivals + amount(arrivals),
    });
  }
}

function amount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

interface Sample {
  sequence: number;
  functions: Record<string, unknown>;
  claims?: unknown;
  strays?: unknown;
  isolates?: unknown;
  starving?: unknown;
  triggers?: unknown;
  coldStarts?: unknown;
}

/** A report that cannot be read counts as absent, like any other silence. */
function parseSample(text: string): Sample | undefined {
  try {
    const { sequence, functions, ...told } = JSON.parse(text) as Record<string, unknown>;
    if (!Number.isSafeInteger(sequence) || typeof functions !== 'object' || functions === null)
      return undefined;
    return { ...told, sequence: sequence as number, functions: functions as Record<string, unknown> };
  } catch {
    return undefined;
  }
}
