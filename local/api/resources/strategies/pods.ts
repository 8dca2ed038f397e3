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
    status: { phase: 'Pending', qosClass: qosClass(pod) },
  }),
  prepareUpdate: (next, live) => {
    const status = recordAt(next, 'status') ?? {};
    const quality = stringAt(live, 'status', 'qosClass');
    return quality ? { ...next, status: { ...status, qosClass: quality } } : next;
  },
  admitCreate: awaitServiceAccount,
  gracePeriod,
};

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
