import { expect, it } from 'vitest';
import { parseTerminationMessage, runtimeWords } from './termination.ts';

it.each(['{', '{"reason":"Other","message":"x"}', '{"reason":"LoadFailed"}', '[]', 'text', undefined])(
  'takes %s for no message of a runtime',
  (text) => {
    expect(parseTerminationMessage(text)).toBeUndefined();
  },
);

it.each([
  ['SyntaxError: no', { file: 'a.mjs', line: 3 }, 'SyntaxError: no (a.mjs:3)'],
  ['no such file', { file: 'a.mjs' }, 'no such file (a.mjs)'],
  ['boom', {}, 'boom'],
  ['boom', { file: 7, line: 'x' }, 'boom'],
])('words %s with %j', (message, place, words) => {
  expect(runtimeWords(JSON.stringify({ reason: 'LoadFailed', message, ...place }))).toBe(words);
});

it('keeps words of any length readable', () => {
  const words = runtimeWords(
    JSON.stringify({ reason: 'Blocked', message: 'x'.repeat(4_000), file: 'a.mjs' }),
  );
  expect(words).toMatch(/^x+… \(a\.mjs\)$/);
  expect(words?.length).toBeLessThan(1_000);
});
