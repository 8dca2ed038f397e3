import { expect, it } from 'vitest';
import { parseOptions } from './options.ts';

it('knows its options', () => {
  expect(parseOptions(['--demo', '--data', 'state', '--port', '9000'])).toEqual({
    help: false,
    demo: true,
    data: 'state',
    port: 9000,
  });
});

it.each([
  [['--nonsense'], /Unknown option '--nonsense'/],
  [['stray'], /Unexpected argument 'stray'/],
  [['--port', '70000'], /--port 70000: not a port/],
  [['--data', ''], /--data needs a directory/],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
