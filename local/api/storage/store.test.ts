import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../core/objects.ts';
import type { StoreEvent } from './history.ts';
import { openPersistence } from './persistence.ts';
import { createStore } from './store.ts';

const object = (name: string, more: object = {}): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name },
  ...more,
});
const names = (objects: ApiObject[] | undefined) => objects?.map(({ metadata }) => metadata.name);

describe('the store', () => {
  it('numbers all writes in one row and tells them at once', () => {
    const store = createStore({ startRevision: 10 });
    const events: StoreEvent[] = [];
    const stop = store.subscribe('a', (event) => events.push(event));
    store.put('a', 'x', object('x'));
    store.put('b', 'y', object('y'));
    store.put('a', 'x', object('x', { n: 1 }));
    store.remove('a', 'x');
    stop();
    store.put('a', 'x', object('x'));
    expect(events.map(({ type, revision }) => [type, revision])).toEqual([
      ['ADDED', 11],
      ['MODIFIED', 13],
      ['DELETED', 14],
    ]);
    expect(events[2]?.object.metadata.resourceVersion).toBe('14');
    expect(store.remove('a', 'absent')).toBeUndefined();
  });

  it('orders keys and keeps namespaces together', () => {
    const store = createStore({ startRevision: 0 });
    for (const key of ['b/1', 'a/2', 'a-b/1', 'a/1']) store.put('t', key, object(key));
    expect(names(store.list('t', ''))).toEqual(['a-b/1', 'a/1', 'a/2', 'b/1']);
    expect(names(store.list('t', 'a/'))).toEqual(['a/1', 'a/2']);
    expect(names(store.list('t', 'a/', 'a/2'))).toEqual(['a/2']);
  });

  it('reads the past as long as it remembers', () => {
    const store = createStore({ startRevision: 0, historyLimit: 4 });
    store.put('t', 'a', object('a'));
    store.put('t', 'b', object('b', { n: 1 }));
    const then = store.revision;
    store.put('t', 'b', object('b', { n: 2 }));
    store.remove('t', 'a');
    store.put('t', 'c', object('c'));
    expect(store.listAt('t', '', then)).toMatchObject([{ metadata: { name: 'a' } }, { n: 1 }]);
    expect(names(store.listAt('t', '', then, 'b'))).toEqual(['b']);
    for (let i = 0; i < 5; i++) store.put('t', 'c', object('c', { i }));
    expect(store.listAt('t', '', then)).toBeUndefined();
    expect(store.since('t', then)).toBeUndefined();
    expect(store.since('t', store.floor('t'))?.length).toBeGreaterThanOrEqual(4);
    expect(store.since('t', store.revision)).toEqual([]);
  });
});

describe('a persisted store', () => {
  it('comes back, with the version of its last write', () => {
    const directory = mkdtempSync(join(tmpdir(), 'catnap-store-'));
    try {
      const first = openPersistence(directory);
      const store = createStore({ startRevision: 5, persistence: first });
      store.put('t', 'a', object('a'));
      store.put('t', 'b', object('b'));
      store.remove('t', 'b');
      first.close();

      const second = openPersistence(directory);
      const restored = createStore({ startRevision: 5, persistence: second });
      expect(names(restored.list('t', ''))).toEqual(['a']);
      expect(restored.revision).toBe(8);
      expect(restored.since('t', 7)).toBeUndefined();
      second.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('refuses a file of another format', () => {
    const directory = mkdtempSync(join(tmpdir(), 'catnap-store-'));
    try {
      const database = new DatabaseSync(join(directory, 'objects.sqlite'));
      database.exec('PRAGMA user_version = 99');
      database.close();
      expect(() => openPersistence(directory)).toThrow(/has format 99/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
