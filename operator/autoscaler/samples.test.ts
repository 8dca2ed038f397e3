import { describe, expect, it } from 'vitest';
import type { FunctionSample } from '#crds/wire/samples.ts';
import { type Hearing, type Reading, readReports } from './samples.ts';

const load = (concurrency: number): FunctionSample => ({ concurrency, queued: 0, arrivals: 1 });
const report = (gatewayId: string, sequence: number, functions: Record<string, unknown> = {}) => ({
  gatewayId,
  text: JSON.stringify({ sequence, functions }),
});
const silent = (gatewayId: string) => ({ gatewayId, text: null });

/** Readings one second apart. */
function listener() {
  let hearing: Hearing = new Map();
  let nowMs = 0;
  return (...reports: Parameters<typeof readReports>[0]): Reading => {
    nowMs += 1000;
    const reading = readReports(reports, hearing, nowMs);
    hearing = reading.hearing;
    return reading;
  };
}

describe('readReports', () => {
  it('adds up what gateways report', () => {
    const { snapshot } = listener()(
      report('a', 1, { 'shop/hello': load(2), 'shop/other': load(1) }),
      report('b', 7, { 'shop/hello': load(3) }),
    );
    expect(snapshot?.of('shop/hello')).toEqual({
      concurrency: 5,
      arrivals: 2,
      active: true,
      complete: true,
    });
    expect([...(snapshot?.keys() ?? [])]).toEqual(['shop/hello', 'shop/other']);
  });

  it('knows that a function which no report mentions has no load', () => {
    const { snapshot } = listener()(report('a', 1));
    expect(snapshot?.of('shop/hello')).toEqual({
      concurrency: 0,
      arrivals: 0,
      active: false,
      complete: true,
    });
  });

  it('takes a call too short to count as activity', () => {
    const { snapshot } = listener()(report('a', 1, { f: { concurrency: 0, queued: 0, arrivals: 1 } }));
    expect(snapshot?.of('f').active).toBe(true);
  });

  it.each([
    ['no gateway is listed', []],
    ['none is heard', [silent('a')]],
    ['the report is not JSON', [{ gatewayId: 'a', text: '{' }]],
    ['the report is something else', [{ gatewayId: 'a', text: '{"sequence":"1","functions":{}}' }]],
  ])('knows nothing when %s', (_when, reports) => {
    expect(listener()(...reports).snapshot).toBeUndefined();
  });

  it('takes the newest of the cold starts that gateways tell of', () => {
    const cold = (atMs: number) => ({ atMs, start: 'dedicated', queuedMs: 500, firstByteMs: 1 });
    const told = (gatewayId: string, coldStarts: object) => ({
      gatewayId,
      text: JSON.stringify({ sequence: 1, functions: {}, coldStarts }),
    });
    const { snapshot } = listener()(
      told('a', { 'shop/hello': cold(1_000), 'shop/other': cold(1_000) }),
      told('b', { 'shop/hello': cold(2_000) }),
      told('c', { 'shop/hello': cold(1_500) }),
    );
    expect(snapshot?.coldStarts.get('shop/hello')?.atMs).toBe(2_000);
    expect(snapshot?.coldStarts.get('shop/other')?.atMs).toBe(1_000);
  });

  it('is incomplete while one of several gateways is silent', () => {
    const { snapshot } = listener()(report('a', 1, { f: load(2) }), silent('b'));
    expect(snapshot?.of('f')).toEqual({ concurrency: 2, arrivals: 1, active: true, complete: false });
  });

  it('does without a gateway that stays silent, and strikes it off', () => {
    const listen = listener();
    listen(report('a', 1), report('b', 1));
    for (let sequence = 2; sequence <= 31; sequence++) {
      const reading = listen(report('a', sequence), silent('b'));
      expect(reading.snapshot?.of('f').complete).toBe(false);
      expect(reading.gone).toEqual([]);
    }
    const reading = listen(report('a', 32), silent('b'));
    expect(reading.snapshot?.of('f').complete).toBe(true);
    expect(reading.gone).toEqual(['b']);
  });

  it('no longer believes a report that does not move', () => {
    const listen = listener();
    for (let second = 1; second <= 4; second++) {
      expect(listen(report('a', 5, { f: load(9) })).snapshot?.of('f').concurrency).toBe(9);
    }
    expect(listen(report('a', 5, { f: load(9) })).snapshot).toBeUndefined();
    expect(listen(report('a', 6)).snapshot?.of('f').concurrency).toBe(0);
  });

  it('collects what gateways say of warm pods, while it can be believed', () => {
    const stray = { namespace: 'shop', pod: 'warm-1', podUid: 'u1' };
    const claim = { ...stray, function: 'hello', revision: 'r1', claimMs: 9, loadMs: 4 };
    const told = (gatewayId: string, sequence: number, more: object) => ({
      gatewayId,
      text: JSON.stringify({ sequence, functions: {}, ...more }),
    });
    const listen = listener();
    const { snapshot } = listen(
      told('a', 1, { claims: [claim], strays: [{ namespace: 'shop' }] }),
      told('b', 1, { claims: [{ ...claim, pod: 'warm-2' }], strays: [stray] }),
    );
    expect(snapshot?.pools.claims.map(({ pod }) => pod)).toEqual(['warm-1', 'warm-2']);
    expect(snapshot?.pools.strays).toEqual([stray]);
    for (let second = 0; second < 3; second++) listen(told('a', 1, { claims: [claim] }));
    const stale = listen(told('a', 1, { claims: [claim] }), report('c', 1));
    expect(stale.snapshot?.pools).toEqual({
      claims: [],
      strays: [],
      isolates: new Map(),
      starving: new Map(),
    });
  });

  it('collects what gateways say of triggers', () => {
    const trigger = { namespace: 'shop', function: 'hello', connected: true, reason: 'TriggerConnected' };
    const told = (gatewayId: string, name: string) => ({
      gatewayId,
      text: JSON.stringify({
        sequence: 1,
        functions: {},
        triggers: [{ ...trigger, trigger: name, message: 'm' }, {}],
      }),
    });
    const { snapshot } = listener()(told('a', 'nightly'), told('b', 'hourly'), report('c', 1));
    expect(snapshot?.triggers.map((known) => known.trigger)).toEqual(['nightly', 'hourly']);
  });

  it('ignores amounts that are none', () => {
    const { snapshot } = listener()(
      report('a', 1, { f: { concurrency: -5, queued: '7', arrivals: null }, g: null, h: load(1e300) }),
    );
    expect(snapshot?.of('f')).toEqual({
      concurrency: 0,
      arrivals: 0,
      active: false,
      complete: true,
    });
    expect(snapshot?.of('g').concurrency).toBe(0);
    expect(snapshot?.of('h').concurrency).toBe(1e7);
  });
});
