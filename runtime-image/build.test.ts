import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { buildPart, buildRuntime } from './build.ts';

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

it('keeps trigger sources out of what a gateway reads at its start, and removes those of earlier builds', async () => {
  const outDir = join(directory, 'gateway');
  await buildPart('gateway', outDir);
  writeFileSync(join(outDir, 'cron-ABCD1234.mjs'), '');
  await buildPart('gateway', outDir);
  const files = readdirSync(outDir).filter((file) => file.endsWith('.mjs'));
  const chunks = files.filter((file) => file.startsWith('cron-'));
  expect(chunks).toEqual([expect.stringMatching(/^cron-[0-9A-Z]{8}\.mjs$/)]);
  const reached = staticImports(outDir, 'main.mjs');
  expect(reached.has('main.mjs')).toBe(true);
  expect(reached.has(chunks[0] as string)).toBe(false);
});

/** The files that are loaded with one, itself included. */
function staticImports(directory: string, file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(join(directory, file), 'utf8');
  for (const [, next] of text.matchAll(
    /^(?:import|export)\b[^;]*?from\s*"\.\/([^"]+)"|^import "\.\/([^"]+)"/gm,
  )) {
    if (next) staticImports(directory, next, found);
  }
  return found;
}

it('brings along the licences of the packages in it', async () => {
  await buildRuntime(join(directory, 'notices'));
  const notices = readFileSync(join(directory, 'notices', 'NOTICES.txt'), 'utf8');
  expect(notices).toMatch(/^yauzl \S+ \(MIT\)$/m);
  expect(notices).toMatch(/^tar \S+ \(BlueOak-1\.0\.0\)$/m);
  expect(notices).toContain('Permission is hereby granted');
});
