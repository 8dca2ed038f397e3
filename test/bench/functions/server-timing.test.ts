import { expect, it } from 'vitest';
import { parseServerTiming } from './server-timing.ts';

it('reads the platform part, and nothing else', () => {
  const header = 'queue;dur=9.8, claim;dur=8.9, load;dur=4.1, function;dur=0.6, db;dur=7';
  expect(parseServerTiming(header)).toEqual({ queue: 9.8, claim: 8.9, load: 4.1, function: 0.6 });
  expect(parseServerTiming(['queue;dur=3', 'load;dur=1'])).toEqual({ queue: 3, load: 1 });
  expect(parseServerTiming(undefined)).toEqual({});
});
