/** What a pod needs next: which containers to start, which wait and for how long, and whether it is done. */
import { formatDelay, restartAt } from '../backoff.ts';
import { type ContainerModel, exitOf, isLive, type PodModel } from './model.ts';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface PodPlan {
  start: string[];
  /** Sidecars to stop because the pod's work is done. */
  stop: string[];
  /** What waiting or ended containers show while they wait. */
  holds: Map<string, { reason: string; message?: string }>;
  /** When to plan again, if nothing happens before. */
  wakeAtMs?: number;
  initialized: boolean;
  finish?: 'Succeeded' | 'Failed';
}

/** How long a failed image lookup shows as an error before it shows as waiting for the next. */
const IMAGE_ERROR_SHOWN_MS = 1_000;

export function planPod(model: PodModel, policy: RestartPolicy, nowMs: number): PodPlan {
  const plan: PodPlan = { start: [], stop: [], holds: new Map(), initialized: model.initialized };
  const inits = model.containers.filter((container) => container.role !== 'main');
  const mains = model.containers.filter((container) => container.role === 'main');

  if (!planInit(plan, inits, policy, nowMs)) return plan;
  plan.initialized = true;

  const steps = mains.map((container) => planContainer(plan, container, policy, nowMs));
  if (!steps.every((step) => step === 'done')) return plan;
  const sidecars = inits.filter((container) => container.role === 'sidecar' && isLive(container));
  plan.start = [];
  plan.wakeAtMs = undefined;
  if (sidecars.length > 0) plan.stop = sidecars.map((container) => container.name);
  else plan.finish = mains.every((one) => exitOf(one)?.exitCode === 0) ? 'Succeeded' : 'Failed';
  return plan;
}

/** True when the main containers may run. */
function planInit(
  plan: PodPlan,
  inits: readonly ContainerModel[],
  policy: RestartPolicy,
  nowMs: number,
): boolean {
  for (const container of inits) {
    if (container.role === 'sidecar') {
      planContainer(plan, container, 'Always', nowMs);
      if (!plan.initialized && !container.started) return false;
      continue;
    }
    if (plan.initialized || exitOf(container)?.exitCode === 0) continue;
    const initPolicy = policy === 'Always' ? 'OnFailure' : policy;
    if (planContainer(plan, container, initPolicy, nowMs) === 'done') return failInit(plan, inits);
    return false;
  }
  return true;
}

function failInit(plan: PodPlan, inits: readonly ContainerModel[]): false {
  const sidecars = inits.filter((container) => container.role === 'sidecar' && isLive(container));
  plan.start = [];
  if (sidecars.length > 0) plan.stop = sidecars.map((container) => container.name);
  else plan.finish = 'Failed';
  return false;
}

function planContainer(
  plan: PodPlan,
  container: ContainerModel,
  policy: RestartPolicy,
  nowMs: number,
): 'busy' | 'done' {
  if (isLive(container)) return 'busy';
  const exit = exitOf(container);
  if (exit && !restarts(policy, exit.exitCode)) return 'done';
  if ((container.retryAtMs ?? 0) > nowMs) {
    holdForRetry(plan, container, nowMs);
    return 'busy';
  }
  const dueAtMs = exit ? restartAt(container.backoff, exit.finishedAtMs) : nowMs;
  if (dueAtMs <= nowMs) plan.start.push(container.name);
  else {
    const delay = formatDelay(container.backoff?.delayMs ?? 0);
    plan.holds.set(container.name, {
      reason: 'CrashLoopBackOff',
      message: `back-off ${delay} restarting failed container=${container.name}`,
    });
    wakeBy(plan, dueAtMs);
  }
  return 'busy';
}

/** Whether a container that ended so starts again. */
export function restarts(policy: RestartPolicy, exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

function holdForRetry(plan: PodPlan, container: ContainerModel, nowMs: number): void {
  const retryAtMs = container.retryAtMs ?? nowMs;
  wakeBy(plan, retryAtMs);
  if (container.state.kind !== 'waiting' || container.state.reason !== 'ErrImagePull') return;
  const shownUntilMs = (container.imageBackoff?.updatedAtMs ?? nowMs) + IMAGE_ERROR_SHOWN_MS;
  if (nowMs < shownUntilMs) wakeBy(plan, shownUntilMs);
  else {
    plan.holds.set(container.name, {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image ${JSON.stringify(container.spec.image ?? '')}: ${container.state.message ?? ''}`,
    });
  }
}

function wakeBy(plan: PodPlan, atMs: number): void {
  plan.wakeAtMs = Math.min(plan.wakeAtMs ?? Number.POSITIVE_INFINITY, atMs);
}
