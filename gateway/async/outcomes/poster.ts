/** POSTs to URLs that others chose: to allowed addresses only, without following redirects, with every step bounded. */
import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent } from 'undici';
import type { Reachable } from './reachable.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What came of a POST: `refused` for good, `failed` for now. */
export type Posted =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' | 'failed'; readonly detail: string };

export class Poster {
  private readonly agent: Agent;
  private readonly reachable: Reachable;

  constructor(reachable: Reachable) {
    this.reachable = reachable;
    this.agent = new Agent({
      connect: { lookup: guardedLookup(reachable), timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
      maxResponseSize: MAX_ANSWER_BYTES,
      keepAliveTimeout: 4_000,
    });
  }

  /** @param headers flat list */
  async post(url: string, headers: string[], body: Buffer): Promise<Posted> {
    const target = parseTarget(url);
    if (target === undefined) return { kind: 'refused', detail: 'The URL is not valid.' };
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
    // Addresses are not looked up, so the connection does not ask.
    if (isIP(host) && !this.reachable.has(host)) return { kind: 'refused', detail: notAllowed(host) };
    try {
      const { statusCode, body: answer } = await this.agent.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS + ANSWER_TIMEOUT_MS),
      });
      await answer.dump().catch(() => {});
      return judge(statusCode);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      return { kind: code === 'ENOTALLOWED' ? 'refused' : 'failed', detail: message };
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

/** A URL that can be POSTed to, without credentials in it; undefined when it is none. */
export function parseTarget(url: string): URL | undefined {
  if (url.length > 2_048 || !URL.canParse(url)) return undefined;
  const target = new URL(url);
  const web = target.protocol === 'https:' || target.protocol === 'http:';
  return web && target.username === '' && target.password === '' ? target : undefined;
}

function judge(status: number): Posted {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const detail = `The receiver answered with status ${status}.`;
  const passing = status >= 500 || status === 408 || status === 425 || status === 429;
  return { kind: passing ? 'failed' : 'refused', detail };
}

function notAllowed(host: string): string {
  return `${host} is not a public address, nor in CATNAP_OUTBOUND_NETWORKS.`;
}

/** A look-up that only gives what may be connected to, so that a name cannot mean another address a moment later. */
function guardedLookup(reachable: Reachable): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const allowed = error ? [] : found.filter(({ address }) => reachable.has(address));
      const [first] = allowed;
      if (error) callback(error, '');
      else if (first === undefined)
        callback(Object.assign(new Error(notAllowed(hostname)), { code: 'ENOTALLOWED' }), '');
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
