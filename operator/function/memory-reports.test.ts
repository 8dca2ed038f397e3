import { expect, it } from 'vitest';
import { aPod, withContainer } from './fixtures.ts';
import { createMemoryReports } from './memory-reports.ts';

const atMs = Date.parse('2026-01-01T00:00:10Z');
const killed = (containerID: string, finishedAt = '2026-01-01T00:00:00Z') => ({
  terminated: { exitCode: 137, reason: 'OOMKilled', containerID, finishedAt },
});
const pod = (name: string, status: object) => withContainer(aPod('r', { name }), status);

it('tells of each end once, whatever shape it is shown in', () => {
  const reports = createMemoryReports();
  const names = (...pods: ReturnType<typeof pod>[]) =>
    reports.fresh('shop/hello', pods, atMs).map(({ pod: { metadata } }) => metadata?.name);
  expect(names(pod('a', { state: killed('1') }))).toEqual(['a']);
  expect(names(pod('a', { state: { running: {} }, lastState: killed('1') }))).toEqual([]);
  expect(names(pod('a', { state: killed('2'), lastState: killed('1') }))).toEqual(['a']);
  expect(names(pod('b', { lastState: killed('3') }), pod('a', { lastState: killed('2') }))).toEqual(['b']);
  reports.forget('shop/hello');
  expect(names(pod('b', { lastState: killed('3') }))).toEqual(['b']);
});

it('leaves old ends to whoever led then', () => {
  const old = pod('a', { lastState: killed('1', '2025-12-31T23:00:00Z') });
  expect(createMemoryReports().fresh('shop/hello', [old], atMs)).toEqual([]);
});

it('has nothing to say of other ends', () => {
  const crashed = pod('a', { lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
  expect(createMemoryReports().fresh('shop/hello', [crashed, aPod('r')], atMs)).toEqual([]);
});
