import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildRuntime } from './build.ts';

const directory = mkdtempSync(join(tmpdir(), 'catnap-build-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('makes one file for the start, one for archives, one for warm pods, two for hosts, one for the watchdog', async () => {
  const { entry } = await buildRuntime(join(directory, 'new'));
  expect(entry).toBe(join(directory, 'new', 'main.mjs'));
  expect(readdirSync(join(directory, 'new')).sort()).toEqual([
    'NOTICES.txt',
    'fetch-archive.mjs',
    'host.mjs',
    'isolate-worker.mjs',
    'main.mjs',
    'warm-pod.mjs',
    'watchdog-worker.mjs',
  ]);
});

it('brings along the licences of the packages in it', async () => {
  await buildRuntime(join(directory, 'notices'));
  const notices = readFileSync(join(directory, 'notices', 'NOTICES.txt'), 'utf8');
  expect(notices).toMatch(/^yauzl \S+ \(MIT\)$/m);
  expect(notices).toMatch(/^tar \S+ \(BlueOak-1\.0\.0\)$/m);
  expect(notices).toContain('Permission is hereby granted');
});
