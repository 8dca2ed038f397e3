import { describe, expect, it } from 'vitest';
import { continueTrace, startTrace } from './trace-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';

describe('continueTrace', () => {
  it.each([
    ['sampled', `00-${trace}-${parent}-01`, `00-${trace}-${parent}-01`],
    ['not sampled', `00-${trace}-${parent}-00`, `00-${trace}-${parent}-00`],
    ['the random flag', `00-${trace}-${parent}-03`, `00-${trace}-${parent}-03`],
    ['unknown flags', `00-${trace}-${parent}-ff`, `00-${trace}-${parent}-03`],
    ['a later version', `cc-${trace}-${parent}-01`, `00-${trace}-${parent}-01`],
    ['a later version with more', `cc-${trace}-${parent}-01-what-comes`, `00-${trace}-${parent}-01`],
  ])('keeps %s', (_, received, sent) => {
    expect(continueTrace(received)).toBe(sent);
  });

  it.each([
    ['nothing', undefined],
    ['an empty value', ''],
    ['version ff', `ff-${trace}-${parent}-01`],
    ['version 00 with more', `00-${trace}-${parent}-01-more`],
    ['a later version with more but no dash', `cc-${trace}-${parent}-01.more`],
    ['a zero trace id', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a zero parent id', `00-${trace}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${trace.toUpperCase()}-${parent}-01`],
    ['a short trace id', `00-${trace.slice(1)}-${parent}-01`],
    ['no flags', `00-${trace}-${parent}`],
    ['flags that are no hex', `00-${trace}-${parent}-0x`],
    ['two values joined', `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`],
    ['surrounding space', ` 00-${trace}-${parent}-01`],
  ])('ignores %s', (_, received) => {
    expect(continueTrace(received)).toBeUndefined();
  });
});

describe('startTrace', () => {
  it('makes valid headers that all differ, over many refills', () => {
    const made = Array.from({ length: 2_000 }, startTrace);
    expect(new Set(made).size).toBe(made.length);
    for (const header of made) expect(continueTrace(header)).toBe(header);
  });
});
