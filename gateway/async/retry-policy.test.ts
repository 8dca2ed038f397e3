import { describe, expect, it } from 'vitest';
import { failure, type ProblemCode } from '#gateway/errors.ts';
import { backoffMs, judgeFailure, judgeResponse, parseRetryAfter } from './retry-policy.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('judgeResponse', () => {
  it.each([
    [200, 'succeeded'],
    [204, 'succeeded'],
    [302, 'succeeded'],
    [400, 'failed'],
    [404, 'failed'],
    [429, 'retry'],
    [500, 'retry'],
    [501, 'failed'],
    [502, 'retry'],
    [503, 'retry'],
    [504, 'retry'],
    [505, 'failed'],
  ])('%i → %s', (status, kind) => {
    expect(judgeResponse(status, undefined, undefined, NOW).kind).toBe(kind);
  });

  it('heeds Retry-After of 429 and 503', () => {
    expect(judgeResponse(429, '7', undefined, NOW)).toEqual({ kind: 'retry', afterMs: 7_000 });
    expect(judgeResponse(503, '7', undefined, NOW)).toEqual({ kind: 'retry', afterMs: 7_000 });
    expect(judgeResponse(500, '7', undefined, NOW)).toEqual({ kind: 'retry', afterMs: undefined });
  });
});

describe('judgeFailure', () => {
  it.each<[ProblemCode, string]>([
    ['PodFailed', 'retry'],
    ['CallTimeout', 'retry'],
    ['QueueTimeout', 'retry'],
    ['LoadFailed', 'retry'],
    ['QueueFull', 'postpone'],
    ['FunctionNotFound', 'failed'],
    ['BadRequest', 'failed'],
  ])('%s → %s', (code, kind) => {
    expect(judgeFailure(failure(code, '')).kind).toBe(kind);
  });
});

it('repeats exactly the statuses that the function names', () => {
  const retryOn = new Set([409, 503]);
  const kinds = [409, 429, 500, 503].map((status) => judgeResponse(status, undefined, retryOn, NOW).kind);
  expect(kinds).toEqual(['retry', 'failed', 'failed', 'retry']);
});

it('doubles the pause, within bounds, and takes between half and all of it', () => {
  const limits = { backoffMs: 2_000, maxBackoffMs: 60_000 };
  expect([1, 2, 3].map((attempt) => backoffMs(attempt, limits, 1))).toEqual([2_000, 4_000, 8_000]);
  expect(backoffMs(1, limits, 0)).toBe(1_000);
  expect(backoffMs(1_000, limits, 1)).toBe(60_000);
});

it.each([
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['0', 0],
  ['120', 120_000],
  ['999999999', 3_600_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2015 00:00:30 GMT', 0],
])('reads Retry-After: %s', (header, ms) => {
  expect(parseRetryAfter(header, NOW)).toBe(ms);
});
