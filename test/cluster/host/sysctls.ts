import { readFile, writeFile } from 'node:fs/promises';

/** Settings of the machine that Kubernetes changes: routing for pods, and what a kubelet insists on. */
const names = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/route_localnet',
  'net/netfilter/nf_conntrack_max',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
];

const fileOf = (name: string) => `/proc/sys/${name}`;

export async function readSysctls(): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = await readFile(fileOf(name), 'utf8').catch(() => undefined);
    if (value !== undefined) values[name] = value.trim();
  }
  return values;
}

/** Puts the values back that are others by now. */
export async function restoreSysctls(before: Record<string, string>): Promise<void> {
  const current = await readSysctls();
  for (const [name, value] of Object.entries(before)) {
    if (current[name] !== undefined && current[name] !== value) await writeFile(fileOf(name), value);
  }
}

/** A machine forwards no packets between its networks unless told to. */
export function enableForwarding(): Promise<void> {
  return writeFile(fileOf('net/ipv4/ip_forward'), '1');
}
