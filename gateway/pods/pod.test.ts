import { describe, expect, it } from 'vitest';
import { Pod } from './pod.ts';
import { type PodView, viewPod } from './pod-view.ts';

const view = (change: Partial<PodView> = {}): PodView => ({
  uid: 'u',
  name: 'p',
  ownerKey: 'shop/hello',
  warm: false,
  gated: false,
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
    pod.observe(view({ ready: true }), 0);
    expect(pod.state).toBe('up');
  });

  it('stays up when it was reached before the API server says so', () => {
    const pod = new Pod(view(), 8080, 0);
    pod.state = 'up';
    pod.observe(view(), 0);
    expect(pod.state).toBe('up');
  });

  it('stays suspect until it is reached or reported ready anew', () => {
    const pod = new Pod(view({ ready: true }), 8080, 0);
    pod.suspect();
    pod.observe(view({ ready: true }), 0);
    expect(pod.state).toBe('starting');
    pod.observe(view({ ready: false }), 0);
    pod.observe(view({ ready: true }), 0);
    expect(pod.state).toBe('up');
  });

  it('is up when it announces itself, and stays so when the API server tells less or the same later', () => {
    const pod = new Pod(view({ address: undefined }), 8080, 0);
    expect(pod.announce('10.0.0.1')).toBe('accepted');
    expect(pod).toMatchObject({ state: 'up', address: '10.0.0.1' });
    pod.observe(view({ address: undefined }), 0);
    expect(pod).toMatchObject({ state: 'up', address: '10.0.0.1' });
    pod.observe(view(), 0);
    expect(pod).toMatchObject({ state: 'up', address: '10.0.0.1' });
    pod.observe(view({ ready: true }), 0);
    expect(pod.state).toBe('up');
  });

  it('is on its way since it is held back no longer', () => {
    const pod = new Pod(view({ address: undefined, gated: true }), 8080, 1);
    pod.observe(view({ address: undefined, gated: true }), 2);
    expect(pod.startsSince).toBeUndefined();
    pod.observe(view({ address: undefined }), 3);
    pod.observe(view(), 4);
    expect(pod).toMatchObject({ state: 'starting', seenAt: 1, startsSince: 3 });
  });

  it('moves to where the API server says that it is', () => {
    const pod = new Pod(view({ address: undefined }), 8080, 0);
    pod.announce('10.6.6.6');
    const astray = pod.wire;
    pod.observe(view(), 0);
    expect(pod).toMatchObject({ state: 'starting', address: '10.0.0.1' });
    expect(pod.wire).not.toBe(astray);
    pod.observe(view({ ready: true }), 0);
    expect(pod.state).toBe('up');
  });

  it('is believed only at the address that is known, whoever told it', () => {
    const told = new Pod(view(), 8080, 0);
    expect(told.announce('10.6.6.6')).toBe('other_address');
    expect(told).toMatchObject({ state: 'starting', address: '10.0.0.1' });
    const announced = new Pod(view({ address: undefined }), 8080, 0);
    announced.announce('10.0.0.1');
    expect(announced.announce('10.6.6.6')).toBe('other_address');
    expect(announced).toMatchObject({ state: 'up', address: '10.0.0.1' });
  });

  it('is up again at once when its container restarts and announces itself', () => {
    const pod = new Pod(view({ ready: true }), 8080, 0);
    pod.suspect();
    expect(pod.announce('10.0.0.1')).toBe('accepted');
    expect(pod.state).toBe('up');
  });

  it('may announce itself anywhere when it lost its address', () => {
    const pod = new Pod(view({ ready: true }), 8080, 0);
    pod.observe(view({ ready: true, address: undefined }), 0);
    expect(pod).toMatchObject({ state: 'starting', address: undefined });
    expect(pod.announce('10.0.0.2')).toBe('accepted');
  });

  it('cannot come back by an announcement once it leaves', () => {
    const pod = new Pod(view({ leaving: true }), 8080, 0);
    expect(pod.announce('10.0.0.1')).toBe('leaving');
    expect(pod.state).toBe('leaving');
  });

  it('gets no more calls once it leaves, whatever its readiness', () => {
    const pod = new Pod(view({ ready: true }), 8080, 0);
    pod.observe(view({ ready: true, leaving: true }), 0);
    expect(pod.state).toBe('leaving');
    pod.observe(view({ ready: false, leaving: true }), 0);
    expect(pod.state).toBe('leaving');
  });
});

it('knows how many calls it runs for other gateways, as far as it says so', () => {
  const pod = new Pod(view(), 8080, 0);
  pod.inFlight = 3;
  const others = ['7', '2', 'many'].map((told) => {
    pod.tellsRunning(Number(told));
    return pod.others;
  });
  expect(others).toEqual([4, 0, 0]);
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
