import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, Volume } from 'kubernetes-types/core/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomicDirectory } from './atomic-directory.ts';
import { planVolume } from './plan.ts';

const pod: Pod = { metadata: { name: 'web', labels: { b: '2', a: '1' } }, spec: { containers: [] } };
const facts = {
  nodeName: 'here',
  hostIp: '127.0.0.1',
  podIp: '127.64.0.1',
  capacity: { cpu: 1, memoryBytes: 1 },
};
const sources = {
  configMap: (name: string) => (name === 'cm' ? { data: { a: 'A', b: 'B' } } : undefined),
  secret: (name: string) =>
    name === 'sec' ? { data: { k: Buffer.from('K').toString('base64') } } : undefined,
};
const plan = (volume: Omit<Volume, 'name'>) => {
  const files = planVolume({ name: 'v', ...volume }, { pod, facts, sources });
  return files && [...files].map(([path, { content, mode }]) => [path, content.toString(), mode.toString(8)]);
};

describe('planVolume', () => {
  it.each<[string, Omit<Volume, 'name'>, unknown]>([
    ['emptyDir', { emptyDir: {} }, undefined],
    [
      'a whole ConfigMap',
      { configMap: { name: 'cm' } },
      [
        ['a', 'A', '644'],
        ['b', 'B', '644'],
      ],
    ],
    [
      'items with modes',
      {
        configMap: {
          name: 'cm',
          defaultMode: 0o400,
          items: [
            { key: 'a', path: 'x/y' },
            { key: 'b', path: 'z', mode: 0o755 },
          ],
        },
      },
      [
        ['x/y', 'A', '400'],
        ['z', 'B', '755'],
      ],
    ],
    ['a Secret', { secret: { secretName: 'sec' } }, [['k', 'K', '644']]],
    ['an optional absent source', { secret: { secretName: 'none', optional: true } }, []],
    [
      'the downward API',
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      [['labels', 'a="1"\nb="2"', '644']],
    ],
    [
      'projections',
      {
        projected: {
          sources: [
            { configMap: { name: 'cm', items: [{ key: 'a', path: 'a' }] } },
            { secret: { name: 'sec' } },
          ],
        },
      },
      [
        ['a', 'A', '644'],
        ['k', 'K', '644'],
      ],
    ],
  ])('plans %s', (_what, volume, expected) => expect(plan(volume)).toEqual(expected));

  it.each<[Omit<Volume, 'name'>, string]>([
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [{ configMap: { name: 'cm', items: [{ key: 'z', path: 'z' }] } }, 'configmap "cm" has no key "z"'],
    [{ hostPath: { path: '/' } }, 'volume "v": hostPath is not supported by this node'],
    [{ configMap: { name: 'cm', items: [{ key: 'a', path: '../x' }] } }, `must be relative, without '..'`],
    [{ configMap: { name: 'cm', items: [{ key: 'a', path: '/x' }] } }, `must be relative, without '..'`],
    [
      { configMap: { name: 'cm', items: [{ key: 'a', path: 'x/../../y' }] } },
      `must be relative, without '..'`,
    ],
    [{ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }, 'serviceAccountToken'],
  ])('refuses %j', (volume, message) => expect(() => plan(volume)).toThrow(message));
});

describe('writeAtomicDirectory', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'catnap-volume-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const file = (text: string, mode = 0o644) => ({ content: Buffer.from(text), mode });

  it('replaces the whole set and leaves nothing of the old one', async () => {
    writeAtomicDirectory(
      dir,
      new Map([
        ['a', file('1')],
        ['sub/b', file('2', 0o666)],
        ['old', file('3')],
      ]),
    );
    const before = await readlink(join(dir, '..data'));
    expect(await readFile(join(dir, 'sub/b'), 'utf8')).toBe('2');
    expect((await stat(join(dir, 'sub/b'))).mode & 0o777).toBe(0o666);

    writeAtomicDirectory(
      dir,
      new Map([
        ['a', file('4')],
        ['new', file('5')],
      ]),
    );
    expect(await readFile(join(dir, 'a'), 'utf8')).toBe('4');
    const names = await readdir(dir);
    expect(names).not.toContain(before);
    expect(names.filter((name) => !name.startsWith('..version')).sort()).toEqual(['..data', 'a', 'new']);
  });

  it('never shows a mixture to another process', async () => {
    const both = (text: string) =>
      new Map([
        ['a', file(text)],
        ['b', file(text)],
      ]);
    writeAtomicDirectory(dir, both('0'));
    const source = `
      import { readFileSync, realpathSync } from 'node:fs';
      let seen = 0;
      for (;;) {
        try {
          const data = realpathSync(process.argv[1] + '/..data');
          const [a, b] = ['a', 'b'].map((name) => readFileSync(data + '/' + name, 'utf8'));
          if (a !== b) process.exit(1);
          if (++seen === 1) console.log('reading');
          if (a === '200') process.exit(0);
        } catch (error) {
          // Replaced between two calls; the next round sees the new version.
          if (error.code !== 'ENOENT') throw error;
        }
      }`;
    const reader = spawn(process.execPath, ['--input-type=module', '-e', source, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(reader.stdout, 'data');
    const exit = once(reader, 'exit');
    for (let i = 1; i <= 200; i++) writeAtomicDirectory(dir, both(String(i)));
    expect((await exit)[0]).toBe(0);
  });
});
