/** The Dockerfiles are read, not built, here: that they fit what is bundled and what the documents say. */
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildPart } from './build.ts';

const repository = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
const directory = mkdtempSync(join(tmpdir(), 'catnap-dockerfiles-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe.each([
  ['operator', 'operator/Dockerfile', 'catnap-operator'],
  ['gateway', 'gateway/Dockerfile', 'catnap-gateway'],
  ['nodejs26', 'runtime-image/nodejs26/Dockerfile', 'catnap-runtime-nodejs26'],
] as const)('the image of %s', (part, file, repositoryName) => {
  const text = readFileSync(join(repository, file), 'utf8');

  it('holds every file that is built for it', async () => {
    const outDir = join(directory, part);
    await buildPart(part, outDir);
    const [, copied = ''] = /^COPY --chmod=644 (.+) \.\/$/m.exec(text) ?? [];
    const copies = (name: string) => copied.split(' ').some((pattern) => matchesGlob(name, pattern));
    expect(readdirSync(outDir).filter((name) => !copies(name))).toEqual([]);
    expect(copied.split(' ').filter((pattern) => globSync(pattern, { cwd: outDir }).length === 0)).toEqual(
      [],
    );
  });

  it('runs as a numeric user that is not root', () => {
    expect(text).toMatch(/^USER 65532:65532$/m);
  });

  it('is of the version of the package', () => {
    expect(text).toMatch(new RegExp(`^ARG VERSION=${RegExp.escape(version)}$`, 'm'));
  });

  it('says how it is built', () => {
    const context = `.catnap/images/${part}`;
    expect(text).toContain(`#   node_modules/.bin/node runtime-image/build.ts ${part} ${context}\n`);
    expect(text).toContain(`#   docker build -f ${file} -t ${repositoryName}:${version} ${context}\n`);
  });
});

it('the same sources give the same bytes, whatever the current directory is', async () => {
  const before = process.cwd();
  const bytes = async (outDir: string) => {
    await buildPart('nodejs26', outDir);
    return readdirSync(outDir)
      .sort()
      .map((name) => readFileSync(join(outDir, name), 'utf8'));
  };
  const first = await bytes(join(directory, 'first'));
  try {
    process.chdir('/');
    expect(await bytes(join(directory, 'second'))).toEqual(first);
  } finally {
    process.chdir(before);
  }
});
