import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from 'kubernetes-types/apps/v1.js';
import { kubeTime } from '#kube/clock.ts';
import { rolloutBounds } from './rollout.ts';

type Finding = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

/** The status of a Deployment from its ReplicaSets. Pure. */
export function deploymentStatus(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
  nowMs: number,
): DeploymentStatus {
  const all = [current, ...old];
  const count = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    all.reduce((total, { status }) => total + (status?.[field] ?? 0), 0);
  const counts = {
    replicas: count('replicas'),
    updatedReplicas: current.status?.replicas ?? 0,
    readyReplicas: count('readyReplicas'),
    availableReplicas: count('availableReplicas'),
    unavailableReplicas: Math.max(
      0,
      all.reduce((total, { spec }) => total + (spec?.replicas ?? 0), 0) - count('availableReplicas'),
    ),
  };
  const findings = [
    available(deployment, counts.availableReplicas),
    progressing(deployment, counts, current, nowMs),
  ];
  const before = deployment.status?.conditions ?? [];
  return {
    observedGeneration: deployment.metadata?.generation,
    ...counts,
    conditions: findings.map((finding) => stamped(finding, before, counts, deployment.status, nowMs)),
  };
}

function available(deployment: Deployment, count: number): Finding {
  const desired = deployment.spec?.replicas ?? 1;
  const enough = count >= desired - rolloutBounds(deployment).maxUnavailable;
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function progressing(
  deployment: Deployment,
  counts: { replicas: number; updatedReplicas: number; availableReplicas: number },
  current: ReplicaSet,
  nowMs: number,
): Finding {
  const desired = deployment.spec?.replicas ?? 1;
  const name = current.metadata?.name;
  const complete =
    counts.updatedReplicas === desired && counts.replicas === desired && counts.availableReplicas >= desired;
  if (complete) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${name}" has successfully progressed.`,
    };
  }
  const before = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  const since = Date.parse(String(before?.lastUpdateTime ?? '')) || nowMs;
  const sameRollout = before?.message?.includes(`"${name}"`) && before.reason !== 'NewReplicaSetAvailable';
  const deadlineMs = (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
  return sameRollout && nowMs - since > deadlineMs
    ? {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `ReplicaSet "${name}" has timed out progressing.`,
      }
    : {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `ReplicaSet "${name}" is progressing.`,
      };
}

/** `lastTransitionTime` moves with the status, `lastUpdateTime` also when pods made progress. */
function stamped(
  finding: Finding,
  before: readonly DeploymentCondition[],
  counts: { updatedReplicas: number; availableReplicas: number },
  previous: DeploymentStatus | undefined,
  nowMs: number,
): DeploymentCondition {
  const last = before.find(({ type }) => type === finding.type);
  const now = kubeTime(nowMs);
  const moved =
    finding.type === 'Progressing' &&
    (counts.updatedReplicas !== (previous?.updatedReplicas ?? 0) ||
      counts.availableReplicas !== (previous?.availableReplicas ?? 0));
  const same = last !== undefined && last.reason === finding.reason && last.message === finding.message;
  return {
    ...finding,
    lastTransitionTime: last?.status === finding.status ? last.lastTransitionTime : now,
    lastUpdateTime: same && !moved ? last.lastUpdateTime : now,
  };
}
