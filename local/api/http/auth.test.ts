import { expect, it } from 'vitest';
import { bearerAuthenticator } from './auth.ts';
import { warningHeaders } from './respond.ts';

it('knows its token in the bearer scheme only', () => {
  const authenticate = bearerAuthenticator('secret');
  expect(authenticate('Bearer secret')).toBe(true);
  expect(authenticate('bearer secret')).toBe(true);
  for (const header of [
    undefined,
    '',
    'secret',
    'Basic secret',
    'Bearer secre',
    'Bearer secret2',
    'Bearer ',
  ]) {
    expect(authenticate(header)).toBe(false);
  }
});

it('writes warnings that no header can be broken with', () => {
  expect(warningHeaders(['a "b"\\', 'a "b"\\', 'x\r\ny: é'])).toEqual([
    '299 - "a \\"b\\"\\\\"',
    '299 - "x??y: ?"',
  ]);
  expect(warningHeaders(['x'.repeat(5_000)])).toEqual([]);
});
