/** metadata.managedFields: decoding, encoding, and the identity of managers. */
import { compareStrings, type JsonObject } from '../schema/json.ts';
import type { FieldSet } from './field-set.ts';
import { fromFieldsV1, toFieldsV1 } from './fields-v1.ts';

/** Who owns fields. Appliers keep their identity over versions, updaters have one per version. */
export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
}

export interface Ownership {
  manager: Manager;
  set: FieldSet;
  /** RFC 3339, to the second. */
  time?: string;
}

/** Ownerships by manager id. */
export type Managed = Map<string, Ownership>;

/** An entry as it is stored. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: JsonObject;
  subresource?: string;
}

/** The key under which a manager's entries are one; its order is the one that messages list managers in. */
export function managerId({ name, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    manager: name,
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource ? { subresource } : {}),
  });
}

/** Reads the entries of an object. Throws when one of them is malformed. */
export function decodeManaged(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  const managed: Managed = new Map();
  for (const [index, entry] of (entries ?? []).entries()) {
    const ownership = decodeEntry(entry, index);
    managed.set(managerId(ownership.manager), ownership);
  }
  return managed;
}

function decodeEntry(entry: ManagedFieldsEntry, index: number): Ownership {
  const { operation, apiVersion, fieldsType } = entry;
  if (operation !== 'Apply' && operation !== 'Update')
    throw new Error('operation must be `Apply` or `Update`');
  if (!apiVersion) throw new Error('apiVersion must not be empty');
  if (!fieldsType) throw new Error(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== 'FieldsV1') {
    throw new Error(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  }
  const manager: Manager = { name: entry.manager ?? '', operation, apiVersion };
  if (entry.subresource) manager.subresource = entry.subresource;
  return { manager, set: fromFieldsV1(entry.fieldsV1), ...(entry.time ? { time: entry.time } : {}) };
}

/** Writes the entries in the order in which the real server keeps them. */
export function encodeManaged(managed: Managed): ManagedFieldsEntry[] {
  return [...managed.values()].sort(compareOwnerships).map(({ manager, set, time }) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(set),
    ...(manager.subresource ? { subresource: manager.subresource } : {}),
  }));
}

function compareOwnerships(a: Ownership, b: Ownership): number {
  return (
    compareStrings(a.manager.operation, b.manager.operation) ||
    seconds(a.time) - seconds(b.time) ||
    compareStrings(a.manager.name, b.manager.name) ||
    compareStrings(a.manager.apiVersion, b.manager.apiVersion) ||
    compareStrings(a.manager.subresource ?? '', b.manager.subresource ?? '')
  );
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** At most this many updaters are told apart; older ones become one. */
const MAX_UPDATERS = 10;
const MERGED_NAME = 'ancient-changes';

/** Merges the oldest updaters of each version into one until few enough are left. Changes `managed`. */
export function capUpdaters(managed: Managed): void {
  const updaters = [...managed.entries()].filter(([, { manager }]) => manager.operation === 'Update');
  updaters.sort(([idA, a], [idB, b]) => seconds(a.time) - seconds(b.time) || compareStrings(idA, idB));
  let count = updaters.length;
  const firstOfVersion = new Map<string, string>();
  for (const [id, ownership] of updaters) {
    if (count <= MAX_UPDATERS) return;
    const version = ownership.manager.apiVersion;
    const first = firstOfVersion.get(version);
    if (first === undefined) {
      firstOfVersion.set(version, id);
      continue;
    }
    mergeIntoBucket(managed, first, id, ownership);
    count--;
  }
}

function mergeIntoBucket(managed: Managed, first: string, id: string, ownership: Ownership): void {
  const manager: Manager = {
    name: MERGED_NAME,
    operation: 'Update',
    apiVersion: ownership.manager.apiVersion,
  };
  const bucketId = managerId(manager);
  const previous = managed.get(bucketId) ?? managed.get(first);
  if (!managed.has(bucketId)) managed.delete(first);
  managed.delete(id);
  const set = previous ? ownership.set.union(previous.set) : ownership.set;
  managed.set(bucketId, { manager, set, ...(ownership.time ? { time: ownership.time } : {}) });
}
