import { type ApiObject, listAt, recordAt } from '../../core/objects.ts';

const COMPUTE = ['cpu', 'memory'];

/** The quality-of-service class that a pod's requests and limits amount to. */
export function qosClass(pod: ApiObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')];
  const resources = containers.map((it) => ({
    limits: recordAt(it, 'resources', 'limits') ?? {},
    requests: recordAt(it, 'resources', 'requests') ?? {},
  }));
  const named = resources.some(({ limits, requests }) =>
    COMPUTE.some((name) => limits[name] !== undefined || requests[name] !== undefined),
  );
  if (!named) return 'BestEffort';
  const guaranteed = resources.every(({ limits, requests }) =>
    COMPUTE.every(
      (name) => limits[name] !== undefined && String(requests[name] ?? limits[name]) === String(limits[name]),
    ),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
