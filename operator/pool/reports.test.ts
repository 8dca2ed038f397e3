import { describe, expect, it } from 'vitest';
import { readPoolReports } from './reports.ts';

const stray = { namespace: 'shop', pod: 'pool-nodejs26-0123456789-abc-x1', podUid: '8a1c-42' };
const claim = { ...stray, function: 'hello', revision: '0123456789ab', claimMs: 9.3, loadMs: 4 };

describe('readPoolReports', () => {
  it('takes claims and strays', () => {
    expect(readPoolReports({ claims: [claim], strays: [stray] })).toEqual({
      claims: [claim],
      strays: [stray],
      isolates: new Map(),
      starving: new Map(),
    });
    expect(readPoolReports({})).toEqual({ claims: [], strays: [], isolates: new Map(), starving: new Map() });
  });

  it.each(['loadFailed', 'growth'])('knows a claim with %s', (flag) => {
    const { claims } = readPoolReports({
      claims: [
        { ...claim, [flag]: true },
        { ...claim, [flag]: 1 },
      ],
    });
    expect(claims).toEqual([{ ...claim, [flag]: true }, claim]);
  });

  it.each([
    [{ namespace: 'Shop' }],
    [{ pod: '../secrets/x' }],
    [{ podUid: '' }],
    [{ podUid: 7 }],
    [{ function: 'a.b' }],
    [{ revision: 'x y' }],
    [{ revision: undefined }],
    [{ claimMs: -1 }],
    [{ loadMs: '4' }],
    [{ loadMs: Number.NaN }],
  ])('drops a claim with %j, and keeps the others', (fault) => {
    expect(readPoolReports({ claims: [{ ...claim, ...fault }, claim] }).claims).toEqual([claim]);
  });

  it.each([[null], ['claims'], [{ 0: claim }], [[null, 'x', 7, []]]])('finds nothing in %j', (value) => {
    expect(readPoolReports({ claims: value, strays: value })).toEqual({
      claims: [],
      strays: [],
      isolates: new Map(),
      starving: new Map(),
    });
  });

  it('takes no more than a gateway can have, and nothing besides', () => {
    const many = Array.from({ length: 2_000 }, () => ({ ...claim, more: 'x' }));
    const { claims } = readPoolReports({ claims: many });
    expect(claims).toHaveLength(1_000);
    expect(claims[0]).toEqual(claim);
  });
});

it.each(['isolates', 'starving'] as const)(
  'takes the counts of %s, and nothing that is no count or no pool',
  (what) => {
    const counts = { 'shop/~hosts-1': 3, 'shop/~hosts-2': -1, 'no pool': 1, 'shop/~hosts-3': 'many' };
    expect(readPoolReports({ [what]: counts })[what]).toEqual(new Map([['shop/~hosts-1', 3]]));
    expect(readPoolReports({ [what]: 'x' })[what].size).toBe(0);
  },
);
