import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unmountBelow } from '../host/mounts.ts';
import { run } from '../host/run.ts';
import { ensureProgram } from './apt.ts';

const LIMIT_MS = 10 * 60_000;
const PREFIX = 'build-';

export interface BuildOptions {
  dockerfile: string;
  context: string;
  /** Fully qualified. */
  name: string;
  args: Readonly<Record<string, string>>;
}

export interface PushedImage {
  /** Of the manifest, `sha256:…`. */
  digest: string;
  /** Unpacked, in bytes. */
  bytes: number;
}

/** Builds from nothing in a storage of its own, so that nothing of the user's is read or changed. */
export interface Builder {
  /** Empty directory for whatever the build needs. */
  readonly directory: string;
  build(options: BuildOptions): Promise<void>;
  /** Writes an image that was built here into an OCI archive that carries its name. */
  push(name: string, archive: string): Promise<PushedImage>;
  /** Removes all that was built and not pushed. */
  close(): Promise<void>;
}

/** @throws Error when buildah neither is here nor can be installed. */
export async function createBuilder(parent: string, say: (line: string) => void): Promise<Builder> {
  await ensureProgram('/usr/bin/buildah', 'buildah', say);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const directory = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  const close = () => remove(directory);
  try {
    return { ...createCommands(directory, await chooseDriver(directory)), directory, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Buildah = (args: string[]) => Promise<string>;

function buildah(directory: string, driver: string): Buildah {
  const storage = ['--root', join(directory, 'storage'), '--runroot', join(directory, 'run')];
  const options = { timeoutMs: LIMIT_MS, env: { TMPDIR: directory } };
  return (args) => run('buildah', [...storage, '--storage-driver', driver, ...args], options);
}

/** Overlay is quicker and smaller, and is refused where the directory itself lies on an overlay. */
async function chooseDriver(directory: string): Promise<'overlay' | 'vfs'> {
  const works = await buildah(directory, 'overlay')(['info']).catch(() => undefined);
  if (works !== undefined) return 'overlay';
  await remove(directory);
  await mkdir(directory);
  return 'vfs';
}

function createCommands(directory: string, driver: string): Pick<Builder, 'build' | 'push'> {
  const command = buildah(directory, driver);
  return {
    async build({ dockerfile, context, name, args }) {
      const buildArgs = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
      // A fixed time, so that the same files make the same image.
      const fixed = ['--isolation', 'chroot', '--timestamp', '0', '--pull-never', '--format', 'oci'];
      await command(['bud', '--quiet', ...fixed, ...buildArgs, '--file', dockerfile, '--tag', name, context]);
    },
    async push(name, archive) {
      const digestFile = `${archive}.digest`;
      try {
        await command([
          'push',
          '--quiet',
          '--digestfile',
          digestFile,
          name,
          `oci-archive:${archive}:${name}`,
        ]);
        const manifest = await command(['inspect', '--type', 'image', '--format', '{{.Manifest}}', name]);
        return { digest: await readFile(digestFile, 'utf8'), bytes: unpackedBytes(manifest) };
      } finally {
        await rm(digestFile, { force: true });
      }
    },
  };
}

/** In the storage, unlike in archives and registries, layers are not compressed. */
function unpackedBytes(manifest: string): number {
  const { layers } = JSON.parse(manifest) as { layers: { size: number }[] };
  return layers.reduce((sum, { size }) => sum + size, 0);
}

/** A build that was killed leaves its directory, and mounts in it. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid] = /^build-(\d+)-/.exec(name) ?? [];
    if (pid && !isRunning(Number(pid))) await remove(join(parent, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function remove(directory: string): Promise<void> {
  await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
}
