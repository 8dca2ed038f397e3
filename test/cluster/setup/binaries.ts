/**
 * Kubernetes, CoreDNS and the pause program, compiled from Go modules and kept by the hash of what made
 * them.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../host/run.ts';
import { cacheDirectory, files } from '../plan/files.ts';

export const KUBERNETES_VERSION = '1.35.4';

const sources = fileURLToPath(new URL('../go', import.meta.url));
const [major, minor] = KUBERNETES_VERSION.split('.');
const VERSION_PACKAGE = 'k8s.io/component-base/version';
const BUILD_MS = 60 * 60_000;

/**
 * Linker flags by program: Kubernetes says its version, without which clients and admission take it for
 * 0.0.
 */
const programs = {
  kubernetes: [
    '-s -w',
    `-X ${VERSION_PACKAGE}.gitVersion=v${KUBERNETES_VERSION}`,
    `-X ${VERSION_PACKAGE}.gitMajor=${major}`,
    `-X ${VERSION_PACKAGE}.gitMinor=${minor}`,
    `-X ${VERSION_PACKAGE}.gitTreeState=clean`,
  ].join(' '),
  coredns: '-s -w',
  pause: '-s -w',
} as const;

export type Program = keyof typeof programs;
const names = Object.keys(programs) as Program[];

/** Where the compiled program is kept, whether it is there or not. */
export function cachedBinary(program: Program): string {
  const hash = createHash('sha256').update(programs[program]);
  for (const name of ['main.go', 'go.mod', 'go.sum']) {
    const file = join(sources, program, name);
    hash.update(`\0${name}\0`).update(existsSync(file) ? readFileSync(file) : '');
  }
  return join(cacheDirectory(), `${program}-${hash.digest('hex').slice(0, 16)}`);
}

export const missingBinaries = () => names.filter((program) => !existsSync(cachedBinary(program)));

/** Compiles what the cache lacks; the first time takes minutes. */
export async function buildBinaries(say: (line: string) => void): Promise<void> {
  for (const program of missingBinaries()) {
    say(`compiling ${program}${program === 'kubernetes' ? ' (about 5 minutes on 2 cores, once)' : ''}`);
    await build(program, cachedBinary(program));
  }
}

async function build(program: Program, target: string): Promise<void> {
  await mkdir(cacheDirectory(), { recursive: true });
  // Renamed into place whole, so that nobody runs half a file.
  const temporary = `${target}.${process.pid}`;
  try {
    const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', programs[program]];
    await run('go', [...args, '-o', temporary, '.'], {
      cwd: join(sources, program),
      env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
      timeoutMs: BUILD_MS,
    });
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
  await removeOlder(program, target);
}

/** 130 MB each: only the current one stays. */
async function removeOlder(program: Program, current: string): Promise<void> {
  for (const name of await readdir(cacheDirectory())) {
    const file = join(cacheDirectory(), name);
    if (new RegExp(`^${program}-[0-9a-f]{16}$`).test(name) && file !== current)
      await rm(file, { force: true });
  }
}

/** Gives the cluster its own copies, so that it can restart its parts whatever happens to the cache. */
export async function placeBinaries(): Promise<void> {
  await mkdir(files.bin, { recursive: true, mode: 0o755 });
  for (const program of names) {
    const target = join(files.bin, program);
    await rm(target, { force: true });
    await link(cachedBinary(program), target).catch(() => copyFile(cachedBinary(program), target));
  }
}
