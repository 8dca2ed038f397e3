import { describe, expect, it } from 'vitest';
import { Pod } from './pod.ts';
import { type PodView, viewPod } from './pod-view.ts';

const view = (change: Partial<PodView> = {}): PodView => ({
  uid: 'u',
  name: 'p',
  functionKey: 'shop/hello',
  address: '10.0.0.1',
  ready: false,
  leaving: false,
  loadFailure: undefined,
  ...change,
});

describe('Pod', () => {
  it('is up when the API server says ready, and not before it has an address', () => {
    const pod = new Pod(view({ address: undefined }), 8080, 0);
    expect(pod.state).toBe('starting');
    pod.observe(view({ ready: true }));
    expect(pod.state).toBe('up');
  });

  it('stays up when it was reached before the API server says so', () => {
    const pod = new Pod(view(), 8080, 0);
    pod.state = 'up';
    pod.observe(view());
    expect(pod.state).toBe('up');
  });

  it('stays suspect until it is reached or reported ready anew', () => {
    const pod = new Pod(view({ ready: true }), 8080, 0);
    pod.suspect();
    pod.observe(view({ ready: true }));
    expect(pod.state).toBe('starting');
    pod.observe(view({ ready: false }));
    pod.observe(view({ ready: true }));
    expect(pod.state).toBe('up');
  });

  it('gets no more calls once it leaves, whatever its readiness', () => {
    const pod = new Pod(view({ ready: true }), 8080, 0);
    pod.observe(view({ ready: true, leaving: true }));
    expect(pod.state).toBe('leaving');
    pod.observe(view({ ready: false, leaving: true }));
    expect(pod.state).toBe('leaving');
  });
});

describe('viewPod', () => {
  const metadata = { name: 'p', namespace: 'shop', uid: 'u', labels: { 'catnap.dev/function': 'hello' } };
  const container = { name: 'function', image: '', imageID: '', ready: false, restartCount: 1 };

  it('reads identity, address and readiness', () => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    expect(viewPod({ metadata, status: { podIP: '10.0.0.1', conditions } })).toEqual(view({ ready: true }));
  });

  it('knows no function by which it could file a pod without label', () => {
    expect(viewPod({ metadata: { ...metadata, labels: {} } })).toBeUndefined();
  });

  it.each(['Failed', 'Succeeded'])('takes a pod in phase %s for gone', (phase) => {
    expect(viewPod({ metadata, status: { phase } })?.leaving).toBe(true);
  });

  it.each([
    [
      'with place',
      '{"reason":"LoadFailed","message":"Unexpected token","file":"index.mjs","line":3}',
      'Unexpected token (index.mjs:3)',
    ],
    ['without place', '{"reason":"LoadFailed","message":"Unexpected token"}', 'Unexpected token'],
    ['that is no JSON', 'boom', 'The code does not load.'],
    ['that is JSON of another kind', '[1]', 'The code does not load.'],
    ['that is null', 'null', 'The code does not load.'],
  ])('tells why code does not load: a message %s', (_, message, expected) => {
    const terminated = { exitCode: 78, message };
    const now = { ...container, state: { terminated } };
    expect(viewPod({ metadata, status: { containerStatuses: [now] } })?.loadFailure).toBe(expected);
    const waiting = { ...container, state: { waiting: {} }, lastState: { terminated } };
    expect(viewPod({ metadata, status: { containerStatuses: [waiting] } })?.loadFailure).toBe(expected);
    const running = { ...container, state: { running: {} }, lastState: { terminated } };
    expect(viewPod({ metadata, status: { containerStatuses: [running] } })?.loadFailure).toBeUndefined();
  });
});
