import { describe, expect, it } from 'vitest';
import { builtinSchema, type JSONSchema, type KubeObject } from '../schema/index.ts';
import { type ManagedFieldsEntry, serverSideApply, trackUpdate } from './index.ts';

const schema = builtinSchema('', 'v1', 'ConfigMap') as JSONSchema;
const T1 = '2026-01-01T00:00:01Z';
const T2 = '2026-01-01T00:00:02Z';

function config(data: Record<string, string>, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, data };
}

function update(before: KubeObject | undefined, after: KubeObject, manager = 'u', now = T1): KubeObject {
  return trackUpdate({ ...(before ? { before } : {}), after, schema, manager, now });
}

function entries(object: KubeObject): ManagedFieldsEntry[] {
  return (object.metadata as { managedFields?: ManagedFieldsEntry[] }).managedFields ?? [];
}

describe('trackUpdate', () => {
  it('gives a created object to its creator, maps included', () => {
    expect(entries(update(undefined, config({ a: '1' })))).toEqual([
      {
        manager: 'u',
        operation: 'Update',
        apiVersion: 'v1',
        time: T1,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ]);
  });

  it('moves what changes, and drops what is gone', () => {
    const live = update(undefined, config({ a: '1', b: '1', c: '1' }));
    const next = update(live, config({ a: '1', b: '2' }), 'v', T2);
    expect(entries(next).map(({ manager, fieldsV1, time }) => ({ manager, fieldsV1, time }))).toEqual([
      { manager: 'u', fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } }, time: T1 },
      { manager: 'v', fieldsV1: { 'f:data': { 'f:b': {} } }, time: T2 },
    ]);
  });

  it('takes fields from appliers too', () => {
    const input = {
      live: undefined,
      applied: config({ a: '1' }),
      schema,
      manager: 'a',
      force: false,
      now: T1,
    };
    const next = update(serverSideApply(input).object, config({ a: '2' }));
    expect(entries(next).map(({ manager, operation }) => `${manager} ${operation}`)).toEqual(['u Update']);
  });

  it('keeps the time when nothing changes', () => {
    const live = update(undefined, config({ a: '1' }));
    expect(update(live, config({ a: '1' }), 'u', T2)).toEqual(live);
  });

  it('ignores what the server decides itself', () => {
    const live = update(undefined, config({ a: '1' }));
    const metadata = { resourceVersion: '7', uid: 'x', generation: 3, creationTimestamp: T1 };
    expect(entries(update(live, config({ a: '1' }, metadata)))).toEqual(entries(live));
  });

  it('keeps the entries of clients that do not send them back, and takes those of clients that do', () => {
    const live = update(undefined, config({ a: '1' }));
    expect(entries(update(live, config({ a: '1' })))).toEqual(entries(live));
    const renamed = entries(live).map((entry) => ({ ...entry, manager: 'renamed' }));
    expect(entries(update(live, config({ a: '1' }, { managedFields: renamed })))[0]?.manager).toBe('renamed');
  });

  it('does not let a subresource change entries of its own accord', () => {
    const live = update(undefined, config({ a: '1' }));
    const after = config({ a: '1' }, { managedFields: [{}] });
    const next = trackUpdate({ before: live, after, schema, manager: 'v', now: T2, subresource: 'status' });
    expect(entries(next)).toEqual(entries(live));
  });

  it.each([[[]], [[{}]]])('gives up tracking for %j until the next apply', (managedFields) => {
    const live = update(undefined, config({ a: '1' }));
    const reset = update(live, config({ a: '1' }, { managedFields }));
    expect(entries(reset)).toEqual([]);
    expect(entries(update(reset, config({ a: '2' })))).toEqual([]);
  });

  it('tells at most ten updaters apart', () => {
    let live: KubeObject | undefined;
    const data: Record<string, string> = {};
    for (let i = 0; i < 14; i++) {
      data[`k${i}`] = 'x';
      live = update(live, config({ ...data }), `m${i}`, new Date(1_000_000 * i).toISOString());
    }
    const found = entries(live as KubeObject);
    expect(found).toHaveLength(10);
    const ancient = found.find(({ manager }) => manager === 'ancient-changes');
    const owned = ancient?.fieldsV1?.['f:data'] as object;
    expect(Object.keys(owned)).toEqual(['.', 'f:k0', 'f:k1', 'f:k2', 'f:k3', 'f:k4']);
  });
});
