/** Runs the probes of one running container. */
import type { Container, Probe } from 'kubernetes-types/core/v1.js';
import type { Clock } from '#kube/clock.ts';
import type { CheckResult } from './check.ts';
import {
  INITIAL_PROBE_STATE,
  isQuick,
  nextAttemptMs,
  observeProbe,
  type ProbeKind,
  type ProbeState,
  timeoutMs,
} from './machine.ts';

/** How long a container may be expected not to answer yet, so that failures are not worth an event. */
const STARTING_MS = 5_000;

export interface ProbeHooks {
  check(probe: Probe, timeoutMs: number): Promise<CheckResult>;
  /** Whether the container counts as started and ready changed. */
  onHealth(health: { started: boolean; ready: boolean }): void;
  /** The startup or liveness probe gave the container up. */
  onGivenUp(kind: ProbeKind, probe: Probe): void;
  /** An attempt failed that was not a quick one at start-up. */
  onFailure(kind: ProbeKind, message: string): void;
}

/** Starts probing; `onHealth` is called at once for a container without startup or readiness probe. */
export function runProbes(container: Container, clock: Clock, hooks: ProbeHooks): { stop(): void } {
  const stops: (() => void)[] = [];
  let stopped = false;
  let started = !container.startupProbe;
  let ready = started && !container.readinessProbe;

  const report = () => hooks.onHealth({ started, ready: started && ready });
  const run = (
    kind: ProbeKind,
    probe: Probe | undefined,
    onVerdict: (verdict: ProbeState['verdict']) => boolean,
  ) => {
    if (probe) stops.push(runProbe({ kind, probe, clock, hooks, onVerdict }));
  };
  const giveUp = (kind: ProbeKind, probe: Probe) => {
    hooks.onGivenUp(kind, probe);
    return false;
  };
  const runAfterStart = () => {
    run('readiness', container.readinessProbe, (verdict) => {
      ready = verdict === 'success';
      report();
      return true;
    });
    const { livenessProbe } = container;
    if (!livenessProbe) return;
    run('liveness', livenessProbe, (verdict) => verdict !== 'failure' || giveUp('liveness', livenessProbe));
  };

  if (container.startupProbe) {
    const { startupProbe } = container;
    run('startup', startupProbe, (verdict) => {
      if (verdict === 'failure') return giveUp('startup', startupProbe);
      started = true;
      ready = !container.readinessProbe;
      report();
      if (!stopped) runAfterStart();
      return false;
    });
  } else {
    report();
    runAfterStart();
  }
  return {
    stop() {
      stopped = true;
      for (const stop of stops) stop();
    },
  };
}

interface ProbeRun {
  kind: ProbeKind;
  probe: Probe;
  clock: Clock;
  hooks: ProbeHooks;
  /** Called when the verdict changes; false ends the probe. */
  onVerdict(verdict: ProbeState['verdict']): boolean;
}

function runProbe({ kind, probe, clock, hooks, onVerdict }: ProbeRun): () => void {
  const startedAt = clock.monotonic();
  let state = INITIAL_PROBE_STATE;
  let stopped = false;
  let cancel = () => {};

  const attempt = async () => {
    const { ok, message } = await hooks.check(probe, timeoutMs(probe));
    if (stopped) return;
    const before = state;
    const nowMs = clock.monotonic();
    state = observeProbe(kind, probe, before, ok ? 'success' : 'failure', nowMs);
    const expected = isQuick(kind, before) && nowMs - startedAt < STARTING_MS;
    if (!ok && state !== before && !expected) hooks.onFailure(kind, message);
    if (state.verdict !== before.verdict && !onVerdict(state.verdict)) stopped = true;
    if (!stopped) schedule(nextAttemptMs(kind, probe, state, nowMs - startedAt));
  };
  const schedule = (ms: number) => {
    cancel = clock.after(ms, () => void attempt());
  };
  const delayMs = (probe.initialDelaySeconds ?? 0) * 1_000;
  if (delayMs > 0) schedule(delayMs);
  else void attempt();
  return () => {
    stopped = true;
    cancel();
  };
}
