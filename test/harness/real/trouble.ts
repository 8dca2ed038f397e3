/** Why pods of a namespace are not ready, in words. */
import type { ContainerStatus, Event, Pod } from 'kubernetes-types/core/v1.js';
import type { KubeClient } from '#kube/client.ts';
import { coreEvents, pods } from '#kube/resource.ts';

const SHOWN_EVENTS = 10;

/** Pods with what keeps them from being ready, then the latest warnings. */
export async function describeTrouble(client: KubeClient, namespace: string): Promise<string> {
  const [present, events] = await Promise.all([
    client.list(pods, { namespace }),
    client.list(coreEvents, { namespace }),
  ]);
  const lines = [...present.items.map(describePod), ...warnings(events.items)];
  return lines.length > 0 ? lines.join('\n') : `no pods and no warnings in ${namespace}`;
}

/** One line: name, node, phase, and what each container waits for. */
export function describePod({ metadata, spec, status }: Pod): string {
  const conditions = (status?.conditions ?? [])
    .filter(({ status: value, message }) => value === 'False' && message)
    .map(({ type, message }) => `${type}: ${message}`);
  const details = [...(status?.containerStatuses ?? []).map(describeContainer), ...conditions];
  return `pod ${metadata?.name} on ${spec?.nodeName ?? 'no node'}: ${status?.phase}; ${details.join('; ')}`;
}

function describeContainer({ name, ready, restartCount, state, lastState }: ContainerStatus): string {
  const now = state?.waiting ?? state?.terminated;
  const words = [
    ready ? 'ready' : 'not ready',
    now && [now.reason, now.message].filter(Boolean).join(' '),
    restartCount > 0 && `restarted ${restartCount} times`,
    lastState?.terminated &&
      `last ended with ${lastState.terminated.exitCode} ${lastState.terminated.reason ?? ''}`.trim(),
  ];
  return `container ${name} ${words.filter(Boolean).join(', ')}`;
}

function warnings(events: Event[]): string[] {
  return events
    .filter(({ type }) => type === 'Warning')
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .slice(-SHOWN_EVENTS)
    .map(({ reason, involvedObject, message }) => `event ${reason} of ${involvedObject.name}: ${message}`);
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: Event) =>
  String(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '');
