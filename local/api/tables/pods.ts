import { type ApiObject, isRecord, listAt, numberAt, recordAt, stringAt } from '../core/objects.ts';
import { age, orNone, since } from './format.ts';
import { column, type TableDefinition, wide } from './table.ts';

type ContainerStatus = Record<string, unknown>;

export const podTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Ready'),
    column('Status'),
    column('Restarts'),
    column('Age'),
    wide('IP'),
    wide('Node'),
    wide('Nominated Node'),
    wide('Readiness Gates'),
  ],
  cells(pod, now) {
    const summary = summarize(pod);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.status,
      restartText(summary, now),
      age(pod, now),
      orNone(stringAt(pod, 'status', 'podIP')),
      orNone(stringAt(pod, 'spec', 'nodeName')),
      orNone(stringAt(pod, 'status', 'nominatedNodeName')),
      readinessGates(pod),
    ];
  },
};

interface Summary {
  total: number;
  ready: number;
  status: string;
  restarts: number;
  lastRestart?: string;
}

/** As the reason of a condition and as what people see. */
const GATED = 'SchedulingGated';

function summarize(pod: ApiObject): Summary {
  const statuses = listAt(pod, 'status', 'containerStatuses').filter(isRecord);
  const initStatuses = listAt(pod, 'status', 'initContainerStatuses').filter(isRecord);
  const total = listAt(pod, 'spec', 'containers').length;
  const phase = stringAt(pod, 'status', 'phase') ?? 'Unknown';
  const start = isGated(pod) ? GATED : stringAt(pod, 'status', 'reason') || phase;
  const init = initReason(initStatuses, listAt(pod, 'spec', 'initContainers').length);
  const ready = statuses.filter((it) => it.ready === true && recordAt(it, 'state', 'running')).length;
  const counted = init === undefined ? statuses : initStatuses;
  const status = init ?? containersReason(pod, statuses, start);
  return {
    total,
    ready: init === undefined ? ready : 0,
    status: terminatingReason(pod, status, phase),
    restarts: counted.reduce((sum, it) => sum + (numberAt(it, 'restartCount') ?? 0), 0),
    lastRestart: lastRestart(counted),
  };
}

/** What the first unfinished init container is doing; undefined when they are all done. */
function initReason(statuses: ContainerStatus[], total: number): string | undefined {
  const index = statuses.findIndex((it) => numberAt(it, 'state', 'terminated', 'exitCode') !== 0);
  const status = statuses[index];
  if (!status) return undefined;
  const terminated = recordAt(status, 'state', 'terminated');
  if (terminated) return `Init:${terminatedReason(terminated)}`;
  const waiting = stringAt(status, 'state', 'waiting', 'reason');
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
}

function terminatedReason(terminated: Record<string, unknown>): string {
  if (terminated.reason) return String(terminated.reason);
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function isGated(pod: ApiObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (it) => isRecord(it) && it.type === 'PodScheduled' && it.reason === GATED,
  );
}

/** The first container that has something to say wins over the pod's phase. */
function containersReason(pod: ApiObject, statuses: ContainerStatus[], start: string): string {
  let reason = start;
  let running = false;
  for (const status of statuses.toReversed()) {
    const waiting = stringAt(status, 'state', 'waiting', 'reason');
    const terminated = recordAt(status, 'state', 'terminated');
    if (waiting) reason = waiting;
    else if (terminated) reason = terminatedReason(terminated);
    else if (status.ready === true && recordAt(status, 'state', 'running')) running = true;
  }
  if (reason !== 'Completed' || !running) return reason;
  return isReady(pod) ? 'Running' : 'NotReady';
}

function isReady(pod: ApiObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (it) => isRecord(it) && it.type === 'Ready' && it.status === 'True',
  );
}

function terminatingReason(pod: ApiObject, status: string, phase: string): string {
  if (!pod.metadata.deletionTimestamp) return status;
  if (stringAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  return phase === 'Succeeded' || phase === 'Failed' ? status : 'Terminating';
}

function lastRestart(statuses: ContainerStatus[]): string | undefined {
  return statuses
    .map((it) => stringAt(it, 'lastState', 'terminated', 'finishedAt'))
    .filter((it) => it !== undefined)
    .sort()
    .at(-1);
}

function restartText({ restarts, lastRestart }: Summary, now: Date): string {
  if (restarts === 0 || !lastRestart) return String(restarts);
  return `${restarts} (${since(lastRestart, now)} ago)`;
}

function readinessGates(pod: ApiObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates').filter(isRecord);
  if (gates.length === 0) return '<none>';
  const conditions = listAt(pod, 'status', 'conditions').filter(isRecord);
  const met = gates.filter((gate) =>
    conditions.some((it) => it.type === gate.conditionType && it.status === 'True'),
  );
  return `${met.length}/${gates.length}`;
}
