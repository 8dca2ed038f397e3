import { expect, it } from 'vitest';
import type { InvocationRecord } from '../records.ts';
import { outcomeEvent } from './cloud-event.ts';

const record: InvocationRecord = {
  function: 'shop/pay',
  state: 'succeeded',
  attempts: 2,
  acceptedAtMs: 1_000,
  startedAtMs: 1_500,
  nextAttemptAtMs: undefined,
  finishedAtMs: 2_000,
  status: 200,
  reason: undefined,
  detail: undefined,
  cancelling: false,
};

it('carries the response as its data', () => {
  const response = { headers: ['Content-Type', 'text/plain', 'x-own', '1'], body: Buffer.from('paid') };
  expect(outcomeEvent({ id: 'i1', record, response })).toEqual({
    id: 'i1-succeeded',
    headers: [
      ...['ce-specversion', '1.0', 'ce-id', 'i1-succeeded', 'ce-type', 'dev.catnap.invocation.succeeded'],
      ...['ce-source', '/functions/shop/pay', 'ce-subject', 'i1', 'ce-time', '1970-01-01T00:00:02.000Z'],
      ...['ce-attempts', '2', 'ce-status', '200', 'content-type', 'text/plain'],
    ],
    body: Buffer.from('paid'),
  });
});

it('says why there is no response', () => {
  const failed = {
    ...record,
    state: 'failed',
    status: undefined,
    reason: 'PodFailed',
    detail: 'gone',
  } as const;
  const event = outcomeEvent({ id: 'i1', record: failed, response: undefined });
  expect(event?.headers).toContain('dev.catnap.invocation.failed');
  expect(event?.headers).not.toContain('ce-status');
  expect(JSON.parse(String(event?.body))).toEqual({ reason: 'PodFailed', detail: 'gone' });
});

it.each(['queued', 'running', 'cancelled'] as const)('there is none of a call that is %s', (state) => {
  expect(outcomeEvent({ id: 'i1', record: { ...record, state }, response: undefined })).toBeUndefined();
});
