import { expect, it } from 'vitest';
import type { ApiObject } from '../core/objects.ts';
import { createStore } from '../storage/store.ts';
import { createWatchHub, type WatchEncoder } from './watch-hub.ts';

const object = (name: string, on: boolean): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name },
  on,
});

function setUp() {
  const store = createStore({ startRevision: 0 });
  let encoded = 0;
  const encoder: WatchEncoder = {
    key: 'plain',
    encode(type, { metadata, on }) {
      encoded += 1;
      return `${type} ${metadata.name} ${on} ${metadata.resourceVersion}`;
    },
  };
  return { store, hub: createWatchHub(store), encoder, encoded: () => encoded };
}

it('writes an event once, however many watch it', () => {
  const { store, hub, encoder, encoded } = setUp();
  const received: Buffer[] = [];
  for (let i = 0; i < 50; i++) {
    hub.add({ bucket: 't', prefix: '', encoder: () => encoder, send: (line) => received.push(line) });
  }
  store.put('t', 'a', object('a', true));
  expect(received).toHaveLength(50);
  expect(new Set(received).size).toBe(1);
  expect(encoded()).toBe(1);
});

it('tells a watch what the event means to its selection', () => {
  const { store, hub, encoder } = setUp();
  const lines: string[] = [];
  const stop = hub.add({
    bucket: 't',
    prefix: 'n/',
    matches: ({ on }) => on === true,
    encoder: () => encoder,
    send: (line) => lines.push(String(line)),
  });
  store.put('t', 'n/a', object('a', false));
  store.put('t', 'n/a', object('a', true));
  store.put('t', 'm/a', object('elsewhere', true));
  store.put('t', 'n/a', object('a', true));
  store.put('t', 'n/a', object('a', false));
  store.remove('t', 'n/a');
  stop();
  store.put('t', 'n/a', object('a', true));
  // An object that leaves is shown as it was, with the version of the change that took it away.
  expect(lines).toEqual(['ADDED a true 2', 'MODIFIED a true 4', 'DELETED a true 5']);
  expect(hub.size).toBe(0);
});
