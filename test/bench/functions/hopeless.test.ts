import { expect, it } from 'vitest';
import { refuseHopeless } from './hopeless.ts';

const failed = (count: number) => Array.from({ length: count }, () => 'timeout');

it('gives up after ten failures in a row, not before and not over a good call', () => {
  expect(() => refuseHopeless(failed(9))).not.toThrow();
  expect(() => refuseHopeless([...failed(9), undefined, ...failed(9)])).not.toThrow();
  expect(() => refuseHopeless([undefined, ...failed(10)])).toThrow(
    '10 calls in a row failed, the last with: timeout',
  );
});
