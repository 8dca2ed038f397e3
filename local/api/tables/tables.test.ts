import { describe, expect, it } from 'vitest';
import { customTable } from './custom.ts';
import { humanDuration } from './format.ts';
import { compileJsonPath } from './json-path.ts';
import { podTable } from './pods.ts';

const now = new Date('2026-01-01T00:10:00Z');
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

it.each([
  [-5 * SECOND, '<invalid>'],
  [-SECOND, '0s'],
  [119 * SECOND, '119s'],
  [120 * SECOND, '2m'],
  [150 * SECOND, '2m30s'],
  [15 * 60 * SECOND, '15m'],
  [3 * HOUR + 60 * SECOND, '3h1m'],
  [20 * HOUR, '20h'],
  [3 * DAY + 5 * HOUR, '3d5h'],
  [30 * DAY, '30d'],
  [800 * DAY, '2y70d'],
  [3_650 * DAY, '10y'],
])('%d ms are %s', (ms, expected) => expect(humanDuration(ms)).toBe(expected));

describe('JSONPath', () => {
  const object = {
    metadata: { labels: { 'a.b/c': 'x' } },
    list: [
      { type: 'Ready', status: 'True', n: { v: 1 } },
      { type: 'Active', status: 'False', n: { v: 2 } },
    ],
  };
  it.each([
    ['.list[0].type', ['Ready']],
    ['.list[-1].type', ['Active']],
    ['.list[*].status', ['True', 'False']],
    ['.list[?(@.type=="Active")].status', ['False']],
    ['.list[?(@.type!="Active")].status', ['True']],
    ['.list[?(@.n.v==2)].type', ['Active']],
    [".metadata.labels['a.b/c']", ['x']],
    ['.metadata.labels.a\\.b/c', ['x']],
    ['.missing.field', []],
  ])('%s', (path, expected) => expect(compileJsonPath(path)(object)).toEqual(expected));

  it('that cannot be read is refused', () => {
    expect(() => compileJsonPath('.a[?(@.b)]')).toThrow(/cannot read JSONPath/);
  });
});

describe('pods', () => {
  const row = (status: object, metadata: object = {}) =>
    podTable
      .cells(
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'p', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
          spec: { containers: [{}, {}], initContainers: [{}] },
          status,
        },
        now,
      )
      .slice(1, 5);
  const running = { ready: true, restartCount: 0, state: { running: {} } };

  it.each([
    ['pending', { phase: 'Pending' }, ['0/2', 'Pending', '0', '10m']],
    [
      'held back',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] },
      ['0/2', 'SchedulingGated', '0', '10m'],
    ],
    ['running', { phase: 'Running', containerStatuses: [running, running] }, ['2/2', 'Running', '0', '10m']],
    [
      'crashing',
      {
        phase: 'Running',
        containerStatuses: [
          running,
          {
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { finishedAt: '2026-01-01T00:09:00Z' } },
          },
        ],
      },
      ['1/2', 'CrashLoopBackOff', '3 (60s ago)', '10m'],
    ],
    [
      'ended by exit code',
      { phase: 'Failed', containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 78 } } }] },
      ['0/2', 'ExitCode:78', '0', '10m'],
    ],
    [
      'initialising',
      { phase: 'Pending', initContainerStatuses: [{ state: { running: {} }, restartCount: 0 }] },
      ['0/2', 'Init:0/1', '0', '10m'],
    ],
  ])('%s', (_, status, expected) => expect(row(status)).toEqual(expected));

  it('terminating', () => {
    const status = { phase: 'Running', containerStatuses: [running, running] };
    expect(row(status, { deletionTimestamp: '2026-01-01T00:10:30Z' })[1]).toBe('Terminating');
  });
});

it('cells of custom columns follow their type', () => {
  const table = customTable([
    { name: 'When', type: 'date', jsonPath: '.when' },
    { name: 'Count', type: 'integer', jsonPath: '.count' },
    { name: 'Text', type: 'string', jsonPath: '.list[*]' },
    { name: 'None', type: 'string', jsonPath: '.none' },
  ]);
  const object = {
    apiVersion: 'a/v1',
    kind: 'A',
    metadata: { name: 'x' },
    when: '2026-01-01T00:09:30Z',
    count: 2,
    list: ['a', { b: 1 }],
  };
  expect(table.cells(object, now)).toEqual(['x', '30s', 2, 'a,{"b":1}', null]);
});
