import type { Probe } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import {
  INITIAL_PROBE_STATE,
  nextAttemptMs,
  observeProbe,
  type ProbeKind,
  type ProbeState,
} from './machine.ts';

const probe: Probe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 3, successThreshold: 2 };

/** Feeds results (+ or -) at the given distance; returns the verdict after each. */
function verdicts(kind: ProbeKind, results: string, stepMs: number): (ProbeState['verdict'] | '')[] {
  let state = INITIAL_PROBE_STATE;
  return [...results].map((result, index) => {
    state = observeProbe(kind, probe, state, result === '+' ? 'success' : 'failure', index * stepMs);
    return state.verdict ?? '';
  });
}

describe('observeProbe', () => {
  it.each<[ProbeKind, string, string[]]>([
    ['readiness', '+++', ['', 'success', 'success']],
    ['readiness', '++--+--', ['', 'success', 'success', 'success', 'success', 'success', 'success']],
    ['readiness', '++---++', ['', 'success', 'success', 'success', 'failure', 'failure', 'success']],
    ['liveness', '+---', ['success', 'success', 'success', 'failure']],
    ['startup', '+', ['success']],
    ['startup', '---', ['', '', 'failure']],
  ])('%s %s', (kind, results, expected) => expect(verdicts(kind, results, 1_000)).toEqual(expected));

  it('counts quick failures once a period, so that a threshold keeps its time', () => {
    const results = verdicts('startup', '-'.repeat(151), 20);
    expect(results.indexOf('failure')).toBe(100);
  });

  it('counts every failure of a liveness probe', () => {
    expect(verdicts('liveness', '---', 20)).toEqual(['', '', 'failure']);
  });
});

describe('nextAttemptMs', () => {
  const wait = (kind: ProbeKind, state: ProbeState, runningMs: number, given: Probe = probe) =>
    nextAttemptMs(kind, given, state, runningMs);
  const succeeded: ProbeState = { ...INITIAL_PROBE_STATE, succeeded: true };

  it('is quick until the first success, slower the longer it takes', () => {
    const patient = { ...probe, periodSeconds: 10 };
    expect(wait('readiness', INITIAL_PROBE_STATE, 0)).toBe(20);
    expect(wait('startup', INITIAL_PROBE_STATE, 10_000)).toBe(100);
    expect(wait('readiness', INITIAL_PROBE_STATE, 100_000, patient)).toBe(10_000);
    expect(wait('readiness', succeeded, 0, patient)).toBe(10_000);
  });

  it('stays quick for a container that was given up as not ready before it ever was', () => {
    expect(wait('readiness', { ...INITIAL_PROBE_STATE, verdict: 'failure', last: 'failure' }, 4_000)).toBe(
      20,
    );
  });

  it('spares commands, and liveness probes are never quick', () => {
    expect(wait('readiness', INITIAL_PROBE_STATE, 0, { exec: { command: ['x'] } })).toBe(250);
    expect(wait('liveness', INITIAL_PROBE_STATE, 0)).toBe(1_000);
  });
});
