import { expect, it } from 'vitest';
import { aDeployment } from '../function/fixtures.ts';
import { lastScaler } from './wake-reporter.ts';

const entry = (manager: string, time: string, fields: object) => ({
  manager,
  operation: 'Update',
  time,
  fieldsV1: fields,
});
const replicas = { 'f:spec': { 'f:replicas': {} } };

it.each([
  [
    'the newest writer of the scale',
    [entry('a', '2026-01-01T00:00:00Z', replicas), entry('b', '2026-01-02T00:00:00Z', replicas)],
    'b',
  ],
  [
    'a gateway in words',
    [entry('catnap-gateway', '2026-01-01T00:00:00Z', replicas)],
    'a gateway, for a call',
  ],
  [
    'nobody who wrote something else',
    [entry('a', '2026-01-01T00:00:00Z', { 'f:spec': { 'f:template': {} } })],
    'someone unknown',
  ],
  ['nobody at all', [], 'someone unknown'],
])('names %s', (_what, managedFields, expected) => {
  expect(lastScaler(aDeployment(1, { metadata: { managedFields } }))).toBe(expected);
});
