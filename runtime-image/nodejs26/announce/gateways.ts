import { readFileSync } from 'node:fs';

/** A gateway's port for announcements. */
export interface GatewayAddress {
  readonly address: string;
  readonly port: number;
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
/** Of one question to the name server, in ms; it is asked twice. */
const DNS_TIMEOUT_MS = 500;

/**
 * All gateways behind the URL's host name: a headless Service has an address for each.
 * @param from the address that connections have to come from, if there is one
 * @throws Error when the URL is none or the name has no address
 */
export async function resolveGateways(url: string, from: string | undefined): Promise<GatewayAddress[]> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'http:') throw new Error('CATNAP_ANNOUNCE_URL must start with http://');
  const addresses = IPV4.test(hostname) ? [hostname] : await addressesOf(hostname, from);
  return addresses.map((address) => ({ address, port: Number(port || 80) }));
}

/**
 * Asks the name server itself, for all names that may be meant at the same time. The system's resolver would ask for
 * one after the other, and Node's way to it compiles a regular expression for IPv6 addresses, which holds up a process
 * that has just started for 8 ms. It is asked where that finds nothing: for IPv6 and for names from a hosts file.
 */
async function addressesOf(hostname: string, from: string | undefined): Promise<string[]> {
  // Loaded here rather than imported: by now the server listens.
  const { Resolver, lookup } = process.getBuiltinModule('node:dns').promises;
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
  const isBracketed = hostname.startsWith('[');
  if (!isBracketed && (from === undefined || IPV4.test(from))) {
    const names = candidates(hostname, resolverConfiguration());
    const found = await firstAnswer(names.map((name) => resolver.resolve4(name)));
    if (found.length > 0) return found;
  }
  const family = from === undefined ? 0 : IPV4.test(from) ? 4 : 6;
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true, family });
  return [...new Set(found.map(({ address }) => address))];
}

/** The first in order, not in time, that is not empty: a later name is meant only when no earlier one exists. */
async function firstAnswer(answers: Promise<string[]>[]): Promise<string[]> {
  const settled = answers.map((answer) => answer.catch(() => []));
  for (const answer of settled) {
    const addresses = await answer;
    if (addresses.length > 0) return addresses;
  }
  return [];
}

/** The full names that a name may stand for, in the order of resolv.conf(5). */
export function candidates(name: string, configuration: string): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const [, domains = ''] = [...configuration.matchAll(/^[ \t]*(?:search|domain)[ \t]+(.*)$/gm)].at(-1) ?? [];
  const search = domains.split(/\s+/).filter((domain) => /^[\w-]/.test(domain));
  return [...search.map((domain) => `${name}.${domain}`), name];
}

function resolverConfiguration(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
