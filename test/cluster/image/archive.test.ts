import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extract, list } from 'tar';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeImageArchive } from './archive.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'catnap-archive-test-'));
  await writeFile(join(directory, 'program'), '#!/bin/sh\n', { mode: 0o755 });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const write = (target: string) =>
  writeImageArchive(join(directory, target), {
    name: 'example.org/test:1',
    files: { 'usr/bin/program': join(directory, 'program') },
    entrypoint: ['/usr/bin/program'],
    user: '65535:65535',
  });

interface Descriptor {
  digest: string;
  size: number;
}

it('is a complete OCI layout: every blob is what its digest says', async () => {
  await write('image.tar');
  await extract({ file: join(directory, 'image.tar'), cwd: directory });
  const blob = async ({ digest, size }: Descriptor) => {
    const bytes = await readFile(join(directory, 'blobs/sha256', digest.replace('sha256:', '')));
    expect(bytes.length).toBe(size);
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
    return bytes;
  };
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));
  expect(index.manifests[0].annotations).toEqual({
    'org.opencontainers.image.ref.name': 'example.org/test:1',
  });
  const manifest = JSON.parse((await blob(index.manifests[0])).toString());
  const config = JSON.parse((await blob(manifest.config)).toString());
  expect(config.config).toMatchObject({ Entrypoint: ['/usr/bin/program'], User: '65535:65535' });
  expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest]);
  await writeFile(join(directory, 'layer.tar'), await blob(manifest.layers[0]));
  const modes: Record<string, number> = {};
  await list({
    file: join(directory, 'layer.tar'),
    onReadEntry: ({ path, mode }) => {
      modes[path] = mode ?? 0;
    },
  });
  expect(modes['./usr/bin/program']).toBe(0o755);
});

it('gives the same bytes for the same input', async () => {
  await write('a.tar');
  await write('b.tar');
  expect((await readFile(join(directory, 'a.tar'))).equals(await readFile(join(directory, 'b.tar')))).toBe(
    true,
  );
});
