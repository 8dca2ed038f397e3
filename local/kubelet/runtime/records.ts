/** Remembers on disk which processes run, so that a later kubelet can end what an earlier one left behind. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killGroup } from './container-process.ts';
import { processIdentity } from './identity.ts';

interface ProcessRecord {
  pid: number;
  identity: string;
}

export interface ProcessRecords {
  /** Notes a running process; never throws, since a container must not fail for its record. */
  add(id: string, pid: number): void;
  remove(id: string): void;
  /** Kills the recorded processes that still live and forgets all; returns how many were killed. */
  endLeftovers(): Promise<number>;
  /** Waits until everything noted so far is on disk. */
  flush(): Promise<void>;
}

export function processRecords(directory: string): ProcessRecords {
  const writes = new Map<string, Promise<void>>();
  const after = (id: string, work: () => Promise<void>) => {
    const done = (writes.get(id) ?? Promise.resolve()).then(work).catch(() => {});
    writes.set(id, done);
    void done.then(() => {
      if (writes.get(id) === done) writes.delete(id);
    });
  };
  const fileOf = (id: string) => join(directory, `${id}.json`);

  return {
    add(id, pid) {
      after(id, async () => {
        const identity = await processIdentity(pid);
        if (identity === undefined) return;
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeFile(fileOf(id), JSON.stringify({ pid, identity } satisfies ProcessRecord));
      });
    },
    remove(id) {
      after(id, () => rm(fileOf(id), { force: true }));
    },
    async endLeftovers() {
      const names = await readdir(directory).catch(() => []);
      const ended = await Promise.all(names.map((name) => endLeftover(join(directory, name))));
      return ended.filter(Boolean).length;
    },
    async flush() {
      await Promise.all(writes.values());
    },
  };
}

async function endLeftover(file: string): Promise<boolean> {
  const record = await readRecord(file);
  await rm(file, { force: true });
  if (record === undefined || (await processIdentity(record.pid)) !== record.identity) return false;
  killGroup(record.pid);
  return true;
}

async function readRecord(file: string): Promise<ProcessRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as Partial<ProcessRecord>;
    // A pid below 2 would address every process there is.
    if (!Number.isInteger(record.pid) || (record.pid ?? 0) < 2 || !record.identity) return undefined;
    return { pid: record.pid as number, identity: record.identity };
  } catch {
    return undefined;
  }
}
