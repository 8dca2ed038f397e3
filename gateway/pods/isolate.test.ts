import { describe, expect, it } from 'vitest';
import { Isolate } from './isolate.ts';
import { Pod } from './pod.ts';

const view = {
  uid: 'host',
  name: 'hosts-1',
  ownerKey: 'shop/~hosts',
  warm: true,
  gated: false,
  address: '10.0.0.1',
};
const host = new Pod({ ...view, ready: true, leaving: false, loadFailure: undefined }, 8080, 0);
const details = { functionKey: 'shop/hello', revision: 'r1', port: 10_005, now: 0 };

describe('Isolate', () => {
  it('takes calls at once, at its own port of the host, and says whose they are', () => {
    const isolate = new Isolate(host, details);
    expect(isolate.state).toBe('up');
    expect([isolate.address, isolate.port]).toEqual(['10.0.0.1', 10_005]);
    expect(isolate.addressee).toEqual(['x-catnap-function', 'shop/hello']);
    expect(host.addressee).toBeUndefined();
  });

  it('is done with when nothing answers on its port, or it says so; that is told once', () => {
    for (const end of ['suspect', 'leave'] as const) {
      const isolate = new Isolate(host, details);
      const left: Isolate[] = [];
      isolate.onLeave = (gone) => void left.push(gone);
      isolate[end]();
      isolate.leave();
      expect(isolate.state).toBe('leaving');
      expect(left).toEqual([isolate]);
    }
  });
});
