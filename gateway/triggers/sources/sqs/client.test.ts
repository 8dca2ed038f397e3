import { expect, it } from 'vitest';
import type { SqsConfig } from '../sqs.ts';
import { explain, regionOf } from './client.ts';

const config: SqsConfig = {
  queueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/orders',
  visibilityTimeoutSeconds: 30,
  maxInFlight: 100,
};

it('takes the region from the URL of the queue', () => {
  expect(regionOf(config.queueUrl)).toBe('eu-central-1');
  expect(regionOf('https://sqs.cn-north-1.amazonaws.com.cn/1/orders')).toBe('cn-north-1');
  expect(regionOf('http://localhost:9324/1/orders')).toBeUndefined();
});

it.each([
  ['InvalidClientTokenId', 'Secret of secretRef'],
  ['InvalidSignatureException', 'Secret of secretRef'],
  ['AccessDeniedException', 'sqs:ReceiveMessage'],
  ['QueueDoesNotExist', 'sqs.queueUrl'],
])('names the remedy for %s', (name, remedy) => {
  const error = Object.assign(new Error('as the service says'), { name });
  const { message } = explain(error, config);
  expect(message).toContain(config.queueUrl);
  expect(message).toContain('as the service says');
  expect(message).toContain(remedy);
});

it('has a text for errors of Node.js that have none', () => {
  const error = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
  expect(explain(error, config).message).toContain('ECONNREFUSED: check sqs.queueUrl');
});
