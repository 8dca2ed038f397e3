/** What is remembered of a cluster from one command to the next. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { type SavedRules, savedRules } from './host/iptables.ts';
import { absentDirectories } from './host/leftovers.ts';
import { readSysctls } from './host/sysctls.ts';
import { DIRECTORY, files } from './plan/files.ts';

export interface ClusterState {
  nodes: number;
  /** Of the machine: after a restart nothing runs any more. */
  boot: string;
}

/** The machine as the cluster found it. */
export interface Before {
  sysctls: Record<string, string>;
  iptables: SavedRules;
  absentDirectories: string[];
}

export const bootId = async () => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

/** Of a cluster that came up completely since the machine started, else undefined. */
export async function readState(): Promise<ClusterState | undefined> {
  const state = await readJson<ClusterState>(files.state);
  return state?.boot === (await bootId()) ? state : undefined;
}

export async function writeState(nodes: number): Promise<void> {
  await writeWhole(files.state, JSON.stringify({ nodes, boot: await bootId() } satisfies ClusterState));
}

/** Makes the cluster's directory and writes down what `down` needs, before anything on the machine changes. */
export async function openDirectory(): Promise<void> {
  const before: Before = {
    sysctls: await readSysctls(),
    iptables: await savedRules(),
    absentDirectories: absentDirectories(),
  };
  // Others may pass through to what they may read (volumes), but not look around.
  await mkdir(DIRECTORY, { mode: 0o711 });
  await mkdir(files.config, { mode: 0o700 });
  await writeWhole(files.before, JSON.stringify(before));
}

export function readBefore(): Promise<Before | undefined> {
  return readJson<Before>(files.before);
}

async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** All or nothing, so that a crash leaves no half file. */
async function writeWhole(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
