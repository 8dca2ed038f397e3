/** Where containers' logs are: one file per run, of which the last two are kept. */
import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface LogPlace {
  /** The log of a run, by the container's restart count at the time. */
  file(run: number): string;
  prepare(): void;
  /** Removes logs of runs before the one before `run`. */
  prune(run: number): Promise<void>;
}

export function podLogDirectory(rootDir: string, podUid: string): string {
  return join(rootDir, 'logs', podUid);
}

export function logPlace(rootDir: string, podUid: string, container: string): LogPlace {
  const directory = join(podLogDirectory(rootDir, podUid), container);
  return {
    file: (run) => join(directory, `${run}.log`),
    prepare: () => void mkdirSync(directory, { recursive: true, mode: 0o700 }),
    async prune(run) {
      const names = await readdir(directory).catch(() => []);
      const old = names.filter((name) => Number.parseInt(name, 10) < run - 1);
      await Promise.all(old.map((name) => rm(join(directory, name), { force: true })));
    },
  };
}
