import { describe, expect, it } from 'vitest';
import { readCallOptions } from './call-options.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const delayOf = (headers: Record<string, string>) => readCallOptions(headers, NOW);

describe('readCallOptions', () => {
  it('asks for nothing by itself', () => {
    expect(delayOf({})).toEqual({ delayMs: 0, callback: undefined, idempotencyKey: undefined });
  });

  it.each<[Record<string, string>, number]>([
    [{ 'x-catnap-delay': '0' }, 0],
    [{ 'x-catnap-delay': '1.5' }, 1_500],
    [{ 'x-catnap-delay': '604800' }, 604_800_000],
    [{ 'x-catnap-at': '2026-01-01T00:01:00Z' }, 60_000],
    [{ 'x-catnap-at': '2026-01-01T02:00:00.5+01:00' }, 3_600_500],
    [{ 'x-catnap-at': '2020-01-01T00:00:00Z' }, 0],
  ])('%j', (headers, delayMs) => {
    expect(delayOf(headers)).toMatchObject({ delayMs });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ 'x-catnap-delay': '-1' }, /X-Catnap-Delay/],
    [{ 'x-catnap-delay': '604801' }, /X-Catnap-Delay/],
    [{ 'x-catnap-delay': 'soon' }, /X-Catnap-Delay/],
    [{ 'x-catnap-delay': '' }, /X-Catnap-Delay/],
    [{ 'x-catnap-at': 'tomorrow' }, /X-Catnap-At/],
    [{ 'x-catnap-at': '2026-01-01' }, /X-Catnap-At/],
    [{ 'x-catnap-at': '2026-02-01T00:00:00Z' }, /X-Catnap-At/],
    [{ 'x-catnap-at': '2026-01-01T00:01:00Z', 'x-catnap-delay': '1' }, /not both/],
    [{ 'x-catnap-callback': 'file:///etc/passwd' }, /X-Catnap-Callback/],
    [{ 'x-catnap-callback': 'https://user:pass@example.org/' }, /X-Catnap-Callback/],
    [{ 'x-catnap-callback': `https://example.org/${'a'.repeat(2_048)}` }, /X-Catnap-Callback/],
    [{ 'idempotency-key': '' }, /Idempotency-Key/],
  ])('%j is refused', (headers, detail) => {
    expect(delayOf(headers)).toMatchObject({
      problem: { code: 'BadRequest' },
      detail: expect.stringMatching(detail),
    });
  });

  it('takes idempotency keys with and without quotes', () => {
    expect(delayOf({ 'idempotency-key': '"order 1"' })).toMatchObject({ idempotencyKey: 'order 1' });
    expect(delayOf({ 'idempotency-key': 'order-1' })).toMatchObject({ idempotencyKey: 'order-1' });
  });
});
