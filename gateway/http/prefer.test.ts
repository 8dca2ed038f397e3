import { expect, it } from 'vitest';
import { parsePrefer } from './prefer.ts';

it.each([
  [undefined, false, 0],
  ['', false, 0],
  ['respond-async', true, 0],
  ['Respond-Async, wait=10', true, 10],
  ['wait=10 , respond-async', true, 10],
  ['respond-async; foo=bar, wait="3"', true, 3],
  ['respond-async, wait=99999', true, 60],
  ['respond-async, wait=-1', true, 0],
  ['respond-async, wait=soon', true, 0],
  ['respond-async, wait=1, wait=2', true, 1],
  ['respond-async=no', false, 0],
  ['return=minimal', false, 0],
])('%s', (header, respondAsync, waitSeconds) => {
  expect(parsePrefer(header)).toEqual({ respondAsync, waitSeconds });
});
