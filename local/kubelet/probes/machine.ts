/** What a probe's results mean: thresholds, and quick attempts until the first success. */
import type { Probe } from 'kubernetes-types/core/v1.js';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProbeState {
  /** What the container counts as; undefined before any threshold was reached. */
  verdict?: 'success' | 'failure';
  last?: 'success' | 'failure';
  /** There was a success at least once. */
  succeeded: boolean;
  /** Results alike in a row, as counted towards a threshold. */
  run: number;
  countedAtMs?: number;
}

export const INITIAL_PROBE_STATE: ProbeState = { run: 0, succeeded: false };

const QUICK: readonly (readonly [untilMs: number, intervalMs: number])[] = [
  [5_000, 20],
  [60_000, 100],
];
/** A process per attempt is dear; HTTP and TCP on loopback are not. */
const QUICK_EXEC_MS = 250;

const seconds = (value: number | undefined, fallback: number) => Math.max(value || fallback, 1) * 1_000;

export function periodMs(probe: Probe): number {
  return seconds(probe.periodSeconds, 10);
}

export function timeoutMs(probe: Probe): number {
  return seconds(probe.timeoutSeconds, 1);
}

/** True while attempts come faster than the period, so that a container that comes up is seen at once. */
export function isQuick(kind: ProbeKind, state: ProbeState): boolean {
  return kind !== 'liveness' && !state.succeeded;
}

/** Time to wait before the next attempt. */
export function nextAttemptMs(kind: ProbeKind, probe: Probe, state: ProbeState, runningMs: number): number {
  const period = periodMs(probe);
  if (!isQuick(kind, state)) return period;
  const interval = QUICK.find(([untilMs]) => runningMs < untilMs)?.[1] ?? period;
  return Math.min(period, probe.exec ? Math.max(interval, QUICK_EXEC_MS) : interval);
}

/**
 * The state after one result. Failures of quick attempts count once a period, so that they do not use up a
 * threshold that stands for time.
 */
export function observeProbe(
  kind: ProbeKind,
  probe: Probe,
  state: ProbeState,
  result: 'success' | 'failure',
  nowMs: number,
): ProbeState {
  const since = nowMs - (state.countedAtMs ?? Number.NEGATIVE_INFINITY);
  if (result === 'failure' && isQuick(kind, state) && since < periodMs(probe)) return state;
  const run = state.last === result ? state.run + 1 : 1;
  const threshold = result === 'success' ? successThreshold(kind, probe) : probe.failureThreshold || 3;
  return {
    last: result,
    succeeded: state.succeeded || result === 'success',
    run,
    countedAtMs: nowMs,
    verdict: run >= threshold ? result : state.verdict,
  };
}

function successThreshold(kind: ProbeKind, probe: Probe): number {
  return kind === 'readiness' ? probe.successThreshold || 1 : 1;
}
