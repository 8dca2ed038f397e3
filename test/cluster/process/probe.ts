/** Waiting until a part can be used. */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { text } from 'node:stream/consumers';
import { waitFor } from '#local/up/wait-for.ts';
import { ctr } from '../image/ctr.ts';
import type { Part, Probe } from '../parts.ts';
import { API_SERVICE, DOMAIN } from '../plan/addresses.ts';
import { pkiFile } from '../plan/files.ts';
import { logTail, pidOf } from './daemon.ts';

const READY_MS = 60_000;
const PROBE_MS = 2_000;

/** Resolves when the part answers. Throws with the end of its log when it ends before, or never answers. */
export async function whenReady(part: Part): Promise<void> {
  let ended = false;
  try {
    await waitFor(
      async () => {
        ended = (await pidOf(part.name)) === undefined;
        return ended || (await answers(part.probe));
      },
      { timeoutMs: READY_MS, describe: `${part.name} to be ready` },
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await logTail(part.name)}`, { cause: error });
  }
  if (ended) throw new Error(`${part.name} ended at start:\n${await logTail(part.name)}`);
}

/** Whether the part can be used at this moment. Throws with the reason, or returns false. */
export async function answers(probe: Probe): Promise<boolean> {
  if (probe.kind === 'http') return (await healthyBody(probe.url)).includes(probe.contains ?? '');
  if (probe.kind === 'dns') return resolves(probe.server);
  if (probe.kind === 'running') return true;
  await ctr(probe.socket, ['plugins', 'list'], { timeoutMs: PROBE_MS });
  return true;
}

/** What it answers. Throws unless that is 200. */
async function healthyBody(url: string): Promise<string> {
  const secure = url.startsWith('https:');
  const ca = secure ? await readFile(pkiFile('ca.crt')) : undefined;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { ca, agent: false as const, timeout: PROBE_MS };
    const request = (secure ? httpsGet : httpGet)(url, options, resolve);
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer`)));
    request.on('error', reject);
  });
  const body = await text(response);
  if (response.statusCode !== 200)
    throw new Error(`${url} answered ${response.statusCode}: ${body.slice(0, 300)}`);
  return body;
}

/**
 * The name server answers before it knows the Services; it is ready when it knows the one that is always
 * there.
 */
async function resolves(server: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: PROBE_MS, tries: 1 });
  resolver.setServers([server]);
  return (await resolver.resolve4(`kubernetes.default.svc.${DOMAIN}`)).includes(API_SERVICE);
}
