/** The version of Catnap before this one, from the project's history, as users have it installed. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { run } from '#test/cluster/host/run.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const CHART_FILE = 'charts/catnap/Chart.yaml';
/** What builds images, for versions from before it was part of the project. */
const BUILDER = [
  'test/cluster',
  'operator/Dockerfile',
  'gateway/Dockerfile',
  'runtime-image/build.ts',
  'runtime-image/notices.ts',
  'runtime-image/nodejs26/Dockerfile',
];

export interface PreviousVersion {
  version: string;
  commit: string;
}

export interface CheckedOut {
  /** Directory of the chart. */
  chart: string;
  /** Builds the version's images under a tag; returns their archives. */
  buildImages(tag: string): Promise<string[]>;
  remove(): Promise<void>;
}

/** The newest commit whose chart has another version; undefined where there is none, or no history. */
export async function previousVersion(): Promise<PreviousVersion | undefined> {
  const present = versionOf(await readFile(join(root, CHART_FILE), 'utf8'));
  const log = await git('log', '--format=%H', '--', CHART_FILE).catch(() => '');
  let newer: string | undefined;
  for (const commit of log.split('\n').filter(Boolean)) {
    const version = versionOf(await git('show', `${commit}:${CHART_FILE}`));
    // Everything up to the change of the version was part of it.
    if (version !== present) return { version, commit: newer ? `${newer}^` : 'HEAD' };
    newer = commit;
  }
  return undefined;
}

/** Writes the files of a commit to a temporary directory. */
export async function checkOut(commit: string): Promise<CheckedOut> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-previous-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const archive = join(directory, 'tree.tar');
    await git('archive', '--output', archive, commit);
    await run('tar', ['-x', '-f', archive, '-C', directory]);
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
    if (!existsSync(join(directory, 'test/cluster/images/main.ts'))) {
      for (const path of BUILDER) await cp(join(root, path), join(directory, path), { recursive: true });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    chart: join(directory, 'charts/catnap'),
    buildImages: (tag) => buildImages(directory, tag),
    remove,
  };
}

/** In a process of its own: the modules of the older version are not ours. */
async function buildImages(directory: string, tag: string): Promise<string[]> {
  const script = join(directory, 'test/cluster/images/main.ts');
  const output = await run(process.execPath, [script, '--version', tag], { timeoutMs: 5 * 60_000 });
  return output
    .split('\n')
    .filter((line) => line.split(' ')[0]?.endsWith(`:${tag}`))
    .map((line) => line.slice(line.lastIndexOf(' ') + 1));
}

const git = (...args: string[]) => run('git', ['-C', root, ...args]);

const versionOf = (chart: string): string => parse(chart).version;
