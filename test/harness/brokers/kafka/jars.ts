/** Apache Kafka's own jars from Maven Central, of a pinned version, each checked against its checksum. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findExecutable } from '#local/up/executable.ts';
import { ensureAptPackages } from '#test/harness/apt.ts';

const run = promisify(execFile);

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
const checksums = fileURLToPath(new URL('jars.sha256', import.meta.url));
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/catnap', import.meta.url));

/**
 * Brings Java and the jars where they are missing. Takes up to a minute the first time; later nothing.
 * @returns the class path
 */
export async function ensureKafka(): Promise<string> {
  if (!findExecutable('java')) await ensureAptPackages(['default-jre-headless']);
  const expected = await readFile(checksums, 'utf8');
  const directory = join(cache, `kafka-${digest(expected).slice(0, 12)}`);
  if (!(await exists(directory))) await bring(directory, expected);
  return join(directory, '*');
}

async function bring(directory: string, expected: string): Promise<void> {
  if (!findExecutable('mvn')) await ensureAptPackages(['maven']);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'kafka-download-'));
  try {
    const lib = join(work, 'lib');
    // A local repository of its own: what lies in the user's could be anything, and nothing is left there.
    const settings = [`-Dmaven.repo.local=${join(work, 'repository')}`, `-DoutputDirectory=${lib}`];
    const args = ['--quiet', '--batch-mode', '--file', pom, ...settings, '-DincludeScope=runtime', COPY];
    await run('mvn', args, { timeout: 240_000 });
    if ((await checksumsOf(lib)) !== expected) {
      throw new Error(
        `Kafka's jars are not those of ${checksums}: either they or the versions were changed.`,
      );
    }
    // Fails when another test run was faster.
    await rename(lib, directory).catch(async (error) => {
      if (!(await exists(directory))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** As sha256sum prints it, by name. */
async function checksumsOf(directory: string): Promise<string> {
  const names = (await readdir(directory)).sort();
  const lines = names.map(async (name) => `${digest(await readFile(join(directory, name)))}  ${name}\n`);
  return (await Promise.all(lines)).join('');
}

const digest = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
