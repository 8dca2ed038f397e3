import { waitFor } from '#local/up/wait-for.ts';
import { CLUSTER_RANGE, controlPlane, NODE_LINK, SERVICE_RANGE } from '../plan/addresses.ts';
import { run } from './run.ts';

export interface Link {
  ifname: string;
  addr_info?: { family: string; local?: string }[];
}

/**
 * Makes the device for the nodes' addresses with the first of them, and makes the machine's own calls to
 * Services come from the first node.
 */
export async function createNodeLink(): Promise<void> {
  await run('ip', ['link', 'add', NODE_LINK, 'type', 'bridge']);
  await run('ip', ['link', 'set', NODE_LINK, 'up']);
  await addNodeAddress(controlPlane.address);
  await run('ip', ['route', 'add', SERVICE_RANGE, 'dev', NODE_LINK, 'src', controlPlane.address]);
}

/** Nothing happens when the address is there already. */
export async function addNodeAddress(address: string): Promise<void> {
  await run('ip', ['address', 'replace', `${address}/32`, 'dev', NODE_LINK]);
}

async function removeNodeLink(): Promise<void> {
  if ((await links()).some(({ ifname }) => ifname === NODE_LINK))
    await run('ip', ['link', 'delete', NODE_LINK]);
}

/** Removes the nodes' device and waits for the pods' veths, which go with their network namespaces. */
export async function removeLinks(): Promise<void> {
  await removeNodeLink();
  const ours = async () => clusterLinks(await links());
  await waitFor(async () => (await ours()).length === 0, { timeoutMs: 5_000, describe: 'veths to go' }).catch(
    // A namespace that something else holds open keeps its veth.
    async () => {
      for (const name of await ours()) await run('ip', ['link', 'delete', name]).catch(() => {});
    },
  );
}

async function links(): Promise<Link[]> {
  return JSON.parse(await run('ip', ['-json', 'address', 'show']));
}

/** Names of the devices that have an address of the cluster. */
export function clusterLinks(all: Link[]): string[] {
  const inRange = (address = '') => within(address, CLUSTER_RANGE);
  return all
    .filter(({ addr_info = [] }) => addr_info.some(({ local }) => inRange(local)))
    .map(({ ifname }) => ifname);
}

/** Whether an IPv4 address is in a range such as 198.18.0.0/15. */
export function within(address: string, range: string): boolean {
  const [base = '', bits] = range.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = toNumber(address);
  return (
    number !== undefined && Math.floor(number / size) === Math.floor((toNumber(base) ?? Number.NaN) / size)
  );
}

function toNumber(address: string): number | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)?.slice(1).map(Number);
  return parts?.reduce((sum, part) => sum * 256 + part, 0);
}

/** Devices and routes of others that the cluster's addresses would collide with. */
export async function conflictingRoutes(): Promise<string[]> {
  const routes: { dst: string; dev?: string }[] = JSON.parse(await run('ip', ['-json', 'route', 'show']));
  return routes
    .filter(({ dst }) => dst !== 'default' && within(dst.split('/')[0] ?? '', CLUSTER_RANGE))
    .map(({ dst, dev }) => `${dst} on ${dev}`);
}
