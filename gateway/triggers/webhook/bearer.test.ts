import { expect, it } from 'vitest';
import { bearerMatches } from './bearer.ts';

it.each([
  ['Bearer secret', 'secret', true],
  ['bearer  secret', 'secret\n', true],
  ['Bearer secret2', 'secret', false],
  ['Bearer Secret', 'secret', false],
  ['secret', 'secret', false],
  ['Basic secret', 'secret', false],
  [undefined, 'secret', false],
  ['Bearer ', '', false],
  ['Bearer undefined', undefined, false],
  [undefined, undefined, false],
  ['Bearer x', ' ', false],
])('%j with the token %j: %s', (header, token, matches) => {
  expect(bearerMatches(header, token)).toBe(matches);
});
