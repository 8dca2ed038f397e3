/** Events have two versions of one storage: core/v1, which is kept, and events.k8s.io/v1. */
import type { ApiObject } from '../core/objects.ts';

/** core/v1 name → events.k8s.io/v1 name. */
const RENAMED: readonly [core: string, modern: string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

const toModern = new Map(RENAMED);
const toCore = new Map(RENAMED.map(([core, modern]) => [modern, core]));

export const modernEvents = {
  toStorage: (event: ApiObject): ApiObject => rename(event, toCore, 'v1'),
  fromStorage: (event: ApiObject): ApiObject => rename(event, toModern, 'events.k8s.io/v1'),
};

function rename(event: ApiObject, names: ReadonlyMap<string, string>, apiVersion: string): ApiObject {
  const renamed: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(event)) renamed[names.get(field) ?? field] = value;
  return { ...renamed, apiVersion, kind: 'Event', metadata: event.metadata };
}
