/** pods/eviction: a deletion that disruption budgets may refuse. */
import { type ApiObject, isRecord, listAt, recordAt, stringAt } from '../core/objects.ts';
import { badRequest, tooManyRequests } from '../core/status-error.ts';
import { decodeBody, readBody } from '../requests/body.ts';
import { selectorObjectMatcher } from '../requests/label-selector.ts';
import { deleteObject } from '../writes/delete.ts';
import { readObject } from '../writes/update.ts';
import { toDeleteOptions } from './delete.ts';
import type { ApiContext, Handler } from './request.ts';

const BUDGETS = 'poddisruptionbudgets.policy';

export const handleEviction: Handler = async (context, request) => {
  const { path, raw, resource, query } = request;
  const { value } = decodeBody(await readBody(raw), raw.headers['content-type']);
  if (!isRecord(value) || value.kind !== 'Eviction')
    throw badRequest('the body must be an Eviction of policy/v1');
  const pod = readObject(context, resource, { namespace: path.namespace, name: path.name ?? '' });
  const phase = stringAt(pod, 'status', 'phase');
  if (phase !== 'Succeeded' && phase !== 'Failed' && !pod.metadata.deletionTimestamp)
    refuseIfProtected(context, pod);
  const given = isRecord(value.deleteOptions) ? value.deleteOptions : {};
  const dryRun = query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {};
  deleteObject(context, resource, pod, toDeleteOptions({ ...given, ...dryRun }));
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return { code: 201, body: JSON.stringify(success) };
};

/** @throws a 429 StatusError when a budget leaves no room; budgets are worked out here and now */
function refuseIfProtected({ store }: ApiContext, pod: ApiObject): void {
  const prefix = `${pod.metadata.namespace}/`;
  for (const budget of store.list(BUDGETS, prefix)) {
    const selects = selectorObjectMatcher(recordAt(budget, 'spec', 'selector') ?? {});
    if (!selects(pod.metadata.labels ?? {})) continue;
    const pods = store.list('pods', prefix).filter((it) => selects(it.metadata.labels ?? {}));
    const healthy = pods.filter(isHealthy).length;
    const needed = neededHealthy(budget, pods.length);
    // A pod that is not ready does not count, so that its loss costs the budget nothing.
    if (healthy - (isHealthy(pod) ? 1 : 0) >= needed) continue;
    const { name } = budget.metadata;
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${name} needs ${needed} healthy pods and has ${healthy} currently`,
        },
      ],
    });
  }
}

function isHealthy(pod: ApiObject): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  return listAt(pod, 'status', 'conditions').some(
    (it) => isRecord(it) && it.type === 'Ready' && it.status === 'True',
  );
}

function neededHealthy(budget: ApiObject, total: number): number {
  const { minAvailable, maxUnavailable } = recordAt(budget, 'spec') ?? {};
  if (maxUnavailable !== undefined) return Math.max(0, total - amountOf(maxUnavailable, total));
  return minAvailable === undefined ? total : amountOf(minAvailable, total);
}

/** A number, or a percentage of the total, rounded up. */
function amountOf(value: unknown, total: number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  return percent === undefined ? 0 : Math.ceil((Number(percent) * total) / 100);
}
