import type { FieldError } from '../../core/field-errors.ts';
import {
  type ApiObject,
  deepEqual,
  isRecord,
  listAt,
  numberAt,
  recordAt,
  stringAt,
  without,
} from '../../core/objects.ts';
import type { Strategy } from '../resource.ts';
import { qosClass } from './pod-quality.ts';
import { awaitServiceAccount } from './service-account-admission.ts';

const DEFAULT_GRACE_SECONDS = 30;
const IMMUTABLE_MESSAGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

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
  validate: (pod, live, subresource) =>
    live && subresource === undefined ? specChangeErrors(pod, live) : [],
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

/** Everything but images, a deadline and further tolerations is fixed for a pod's life. */
function specChangeErrors(next: ApiObject, live: ApiObject): FieldError[] {
  const before = listAt(live, 'spec', 'tolerations');
  const kept = before.every((it) =>
    listAt(next, 'spec', 'tolerations').some((other) => deepEqual(it, other)),
  );
  if (kept && deepEqual(fixedPart(next), fixedPart(live))) return [];
  return [{ type: 'Forbidden', field: 'spec', message: IMMUTABLE_MESSAGE }];
}

function fixedPart(pod: ApiObject): object {
  const spec = recordAt(pod, 'spec') ?? {};
  return {
    ...without(spec, 'activeDeadlineSeconds', 'tolerations', 'schedulingGates'),
    containers: listAt(spec, 'containers').map(withoutImage),
    initContainers: listAt(spec, 'initContainers').map(withoutImage),
  };
}

function withoutImage(container: unknown): unknown {
  return isRecord(container) ? without(container, 'image') : container;
}
