import { type ApiObject, numberAt, stringAt } from '../core/objects.ts';
import { since } from './format.ts';
import { column, type TableDefinition, wide } from './table.ts';

/** For Events in either version. */
export const eventTable: TableDefinition = {
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    wide('Subobject'),
    wide('Source'),
    column('Message'),
    wide('First Seen'),
    wide('Count', 'integer'),
    wide('Name'),
  ],
  cells(event, now) {
    const either = (core: string[], modern: string[]) =>
      stringAt(event, ...core) ?? stringAt(event, ...modern);
    const kind = either(['involvedObject', 'kind'], ['regarding', 'kind']) ?? '';
    const name = either(['involvedObject', 'name'], ['regarding', 'name']) ?? '';
    return [
      lastSeen(event, now),
      stringAt(event, 'type') ?? '',
      stringAt(event, 'reason') ?? '',
      name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
      either(['involvedObject', 'fieldPath'], ['regarding', 'fieldPath']) ?? '',
      source(event),
      (either(['message'], ['note']) ?? '').trim(),
      firstSeen(event, now),
      count(event),
      event.metadata.name,
    ];
  },
};

function firstTime(event: ApiObject): string | undefined {
  return (
    stringAt(event, 'firstTimestamp') ??
    stringAt(event, 'deprecatedFirstTimestamp') ??
    stringAt(event, 'eventTime') ??
    undefined
  );
}

function firstSeen(event: ApiObject, now: Date): string {
  return since(firstTime(event), now);
}

function lastSeen(event: ApiObject, now: Date): string {
  const last =
    stringAt(event, 'series', 'lastObservedTime') ??
    stringAt(event, 'lastTimestamp') ??
    stringAt(event, 'deprecatedLastTimestamp') ??
    firstTime(event);
  return since(last, now);
}

function count(event: ApiObject): number {
  return (
    numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? numberAt(event, 'deprecatedCount') ?? 1
  );
}

function source(event: ApiObject): string {
  const component =
    stringAt(event, 'source', 'component') ||
    stringAt(event, 'deprecatedSource', 'component') ||
    stringAt(event, 'reportingComponent') ||
    stringAt(event, 'reportingController') ||
    '';
  const host = stringAt(event, 'source', 'host') || stringAt(event, 'deprecatedSource', 'host');
  return host ? `${component}, ${host}` : component;
}
