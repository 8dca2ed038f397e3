import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import { silentLog } from '#kube/log.ts';
import type { Change } from '#kube/watcher.ts';
import { aBorrowedPod, aDeployment, aFunction } from '../function/fixtures.ts';
import { lastScaler, reportWakes, type WakeReporterOptions } from './wake-reporter.ts';

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

it.each<[string, Pod[], string[]]>([
  ['was asleep', [], ['Woken from 0 to 2 by someone unknown.']],
  ['was awake by a pod from the pool', [aBorrowedPod('r1')], []],
])('tells of a wake when the function %s', async (_, pods, expected) => {
  const notes: string[] = [];
  const labels = { 'catnap.dev/function': 'hello' };
  const scaled = (replicas: number) => aDeployment(replicas, { metadata: { labels } });
  let tell = (_change: Change<Deployment>) => {};
  reportWakes({
    client: { get: async () => scaled(2) } as unknown as WakeReporterOptions['client'],
    caches: {
      functions: { get: () => aFunction() },
      deployments: {
        onChange(listener: typeof tell) {
          tell = listener;
        },
      },
      pods: { byIndex: () => pods },
    } as unknown as WakeReporterOptions['caches'],
    recorder: { record: (_fn, { note }) => void notes.push(note), stop: async () => {} },
    isOwnScale: () => false,
    log: silentLog,
  });
  tell({ key: 'shop/fn-hello', current: scaled(2), previous: scaled(0) });
  await new Promise((resolve) => setImmediate(resolve));
  expect(notes).toEqual(expected);
});
