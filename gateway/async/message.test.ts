import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './message.ts';

it('keeps messages as they are', () => {
  const head = { method: 'POST', path: '/ü', requestId: 'r', headers: ['a', 'b'] };
  const body = randomBytes(1_000);
  expect(decodeMessage(encodeMessage(head, body))).toEqual({ head, body });
});
