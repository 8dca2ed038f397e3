import type { Event } from 'kubernetes-types/events/v1.js';
import { expect, it } from 'vitest';
import { KubeError } from './errors.ts';
import { createEventRecorder, type EventInput, type EventRecorderOptions } from './events.ts';
import type { KubeObject } from './resource.ts';
import { createFakeClock } from './testing/fake-clock.ts';

const hello: KubeObject = {
  apiVersion: 'catnap.dev/v1alpha1',
  kind: 'Function',
  metadata: { name: 'hello', namespace: 'shop', uid: 'u1', resourceVersion: '3' },
};
const loadFailed: EventInput = {
  type: 'Warning',
  reason: 'LoadFailed',
  action: 'Load',
  note: 'index.mjs:3: x is not defined',
};

function setup(options: EventRecorderOptions = {}) {
  const clock = createFakeClock();
  const created: Event[] = [];
  const patched: unknown[] = [];
  const state = { fail: (_verb: 'create' | 'patch'): void => {} };
  const recorder = createEventRecorder(
    {
      async create(_type, object) {
        state.fail('create');
        created.push(object as unknown as Event);
        return object;
      },
      async patch(_type, ref, body) {
        state.fail('patch');
        patched.push([ref.name, body]);
        return {} as never;
      },
    },
    'operator',
    { clock, instance: 'pod-1', ...options },
  );
  return { clock, created, patched, state, recorder };
}

it('writes an Event as the API demands it', async () => {
  const { clock, created, recorder } = setup();
  recorder.record(hello, loadFailed);
  await clock.advance(0);
  expect(created).toMatchObject([
    {
      metadata: { namespace: 'shop', name: expect.stringMatching(/^hello\.[0-9a-f]{16}$/) },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'catnap.dev/operator',
      reportingInstance: 'pod-1',
      ...loadFailed,
      regarding: {
        apiVersion: 'catnap.dev/v1alpha1',
        kind: 'Function',
        name: 'hello',
        namespace: 'shop',
        uid: 'u1',
      },
    },
  ]);
});

it('counts repetitions in a series of the same Event', async () => {
  const { clock, created, patched, recorder } = setup();
  recorder.record(hello, loadFailed);
  recorder.record(hello, loadFailed);
  await clock.advance(60_000);
  recorder.record(hello, loadFailed);
  await clock.advance(0);
  expect(created).toHaveLength(1);
  const name = created[0]?.metadata?.name;
  expect(patched).toEqual([
    [name, { series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' } }],
    [name, { series: { count: 3, lastObservedTime: '2026-01-01T00:01:00.000000Z' } }],
  ]);
});

it('writes a new Event for another note, another object, or after a long silence', async () => {
  const { clock, created, recorder } = setup({ seriesMs: 1_000 });
  recorder.record(hello, loadFailed);
  recorder.record(hello, { ...loadFailed, note: 'index.mjs:4' });
  recorder.record({ ...hello, metadata: { ...hello.metadata, uid: 'u2' } }, loadFailed);
  await clock.advance(1_001);
  recorder.record(hello, loadFailed);
  await clock.advance(0);
  expect(created).toHaveLength(4);
});

it('writes a new Event when the server has forgotten the old one', async () => {
  const { clock, created, state, recorder } = setup();
  recorder.record(hello, loadFailed);
  await clock.advance(0);
  state.fail = (verb) => {
    if (verb === 'patch') throw new KubeError({ status: 404, reason: 'NotFound', message: 'gone' });
  };
  recorder.record(hello, loadFailed);
  await clock.advance(0);
  expect(created).toHaveLength(2);
});

it('limits one object without touching others', async () => {
  const { clock, created, recorder } = setup({ burst: 2, refillMs: 1_000 });
  const other = { ...hello, metadata: { ...hello.metadata, name: 'other' } };
  for (let index = 0; index < 5; index++) recorder.record(hello, { ...loadFailed, note: `n${index}` });
  recorder.record(other, loadFailed);
  await clock.advance(1_000);
  recorder.record(hello, { ...loadFailed, note: 'later' });
  await clock.advance(0);
  expect(created.map((event) => event.note)).toEqual(['n0', 'n1', loadFailed.note, 'later']);
});

it('cuts a note at 1024 characters', async () => {
  const { clock, created, recorder } = setup();
  recorder.record(hello, { ...loadFailed, note: 'x'.repeat(2_000) });
  await clock.advance(0);
  expect(created[0]?.note).toHaveLength(1_024);
});

it('puts Events about objects without a namespace into the default one', async () => {
  const { clock, created, recorder } = setup();
  recorder.record({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }, loadFailed);
  await clock.advance(0);
  expect(created[0]?.metadata?.namespace).toBe('default');
});

it('tries again while the server is away, then drops the Event, and never throws', async () => {
  const { clock, created, state, recorder } = setup();
  let calls = 0;
  state.fail = () => {
    calls += 1;
    throw new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'down' });
  };
  recorder.record(hello, loadFailed);
  await clock.advance(10_000);
  expect(calls).toBe(3);
  state.fail = () => {};
  recorder.record(hello, loadFailed);
  await clock.advance(0);
  expect(created).toHaveLength(1);
});

it('does not repeat what the server refuses', async () => {
  const { clock, state, recorder } = setup();
  let calls = 0;
  state.fail = () => {
    calls += 1;
    throw new KubeError({ status: 403, reason: 'Forbidden', message: 'no' });
  };
  recorder.record(hello, loadFailed);
  await clock.advance(10_000);
  expect(calls).toBe(1);
});

it('stop delivers what waits, but not for ever', async () => {
  const { clock, created, state, recorder } = setup();
  recorder.record(hello, loadFailed);
  await recorder.stop();
  expect(created).toHaveLength(1);
  recorder.record(hello, { ...loadFailed, note: 'late' });
  await clock.advance(0);
  expect(created).toHaveLength(1);

  const stuck = setup();
  stuck.state.fail = state.fail = () => {
    throw new KubeError({ status: 503, reason: 'ServiceUnavailable', message: 'down' });
  };
  for (let index = 0; index < 20; index++) stuck.recorder.record(hello, { ...loadFailed, note: `${index}` });
  const stopping = stuck.recorder.stop(1_000);
  await stuck.clock.advance(1_000);
  await stopping;
});
