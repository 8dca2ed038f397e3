import { type ApiObject, isRecord, listAt, numberAt, recordAt, stringAt } from '../../core/objects.ts';
import type { Strategy } from '../resource.ts';
import { qosClass } from './pod-quality.ts';
import { awaitServiceAccount } from './service-account-admission.ts';

const DEFAULT_GRACE_SECONDS = 30;

export const podStrategy: Partial<Strategy> = {
  hasGeneration: true,
  statusTakesMetadata: true,
  returnsDeletedObject: true,
  prepareCreate: (pod) => ({
    ...pod,
    spec: withAdmissionDefaults(recordAt(pod, 'spec') ?? {}),
    status: { phase: 'Pending', qosClass: qosClass(pod), ...gatedConditions(pod) },
  }),
  prepareUpdate: (next, live) => {
    const status = recordAt(next, 'status') ?? {};
    const quality = stringAt(live, 'status', 'qosClass');
    return quality ? { ...next, status: { ...status, qosClass: quality } } : next;
  },
  admitCreate: awaitServiceAccount,
  gracePeriod,
};

/** The API server says at once that a pod is held back (KEP-3521); the scheduler says nothing of it. */
function gatedConditions(pod: ApiObject): object {
  if (listAt(pod, 'spec', 'schedulingGates').length === 0) return {};
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  return { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message }] };
}

/** A pod that no kubelet runs, or whose containers are done, needs no grace. */
function gracePeriod(pod: ApiObject, requested: number | undefined): number {
  const phase = stringAt(pod, 'status', 'phase');
  if (!stringAt(pod, 'spec', 'nodeName') || phase === 'Succeeded' || phase === 'Failed') return 0;
  const seconds =
    requested ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? DEFAULT_GRACE_SECONDS;
  return Math.max(0, seconds);
}

function withAdmissionDefaults(spec: Record<string, unknown>): Record<string, unknown> {
  const account = spec.serviceAccountName || spec.serviceAccount || 'default';
  return {
    ...spec,
    serviceAccountName: account,
    serviceAccount: account,
    priority: spec.priority ?? 0,
    preemptionPolicy: spec.preemptionPolicy ?? 'PreemptLowerPriority',
    tolerations: withDefaultTolerations(listAt(spec, 'tolerations')),
  };
}

function withDefaultTolerations(tolerations: unknown[]): unknown[] {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) =>
      !tolerations.some(
        (it) =>
          isRecord(it) &&
          (it.key === key || !it.key) &&
          (it.effect === 'NoExecute' || it.effect === undefined),
      ),
  );
  return [
    ...tolerations,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  ];
}
