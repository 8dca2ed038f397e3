/** Fake warm pods: they take one claim, check it as the runtime does, and then serve as the function's. */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import type { Pod, PodStatus } from 'kubernetes-types/core/v1.js';
import { CLAIM_PATH, claimHeaders, claimMessage, claimPublicKey } from '#crds/wire/claim.ts';
import { type LaunchSpec, launchContext, launchDigest, launchKey } from '#crds/wire/launch-spec.ts';
import { labels } from '#crds/wire/names.ts';
import { Seal } from '#crds/wire/seal.ts';
import { ENCRYPTION_KEY, type Fixture, NAMESPACE } from './fixture.ts';

export const POOL = 'nodejs26-0123456789';
const key = Buffer.from(ENCRYPTION_KEY, 'base64');

/** What a warm pod answers to a claim that is genuine, with a status of its own. */
export type Answer = (
  spec: LaunchSpec,
) => { status: number; body?: object } | Promise<{ status: number; body?: object }>;

export interface WarmPod {
  readonly name: string;
  readonly address: string;
  /** Specs of the genuine claims that came, in order. */
  readonly claims: LaunchSpec[];
  /** As the watch tells it once the operator has labelled it. */
  relabel(functionName: string): void;
  remove(): void;
  /** Tells a gateway of it, as warm and ready. */
  tell(to: Fixture): void;
  close(): Promise<void>;
}

/** Puts a launch spec into Redis, as the operator does, and tells a gateway of the function. Returns its path. */
export async function addPooledFunction(
  fixture: Fixture,
  redisUrl: string,
  name: string,
  revision = 'r1',
): Promise<string> {
  const functionKey = `${NAMESPACE}/${name}`;
  const spec: LaunchSpec = {
    function: functionKey,
    revision,
    env: { SECRET: `of ${name}` },
    files: { 'index.mjs': '' },
  };
  const seal = new Seal(key);
  const plain = Buffer.from(JSON.stringify(spec));
  const digest = launchDigest(seal, plain);
  const redis = new Redis(redisUrl);
  await redis.set(launchKey(digest), seal.close(plain, launchContext(functionKey)));
  redis.disconnect();
  return fixture.addFunction(name, {}, { launch: { pool: POOL, digest } });
}

/** Starts a warm pod and tells of it as ready, or as one that is on its way. */
export async function addWarmPod(
  fixture: Fixture,
  options: { answer?: Answer; handler?: RequestListener; onItsWay?: true } = {},
): Promise<WarmPod> {
  const { name, address } = fixture.reserve();
  const uid = `uid-${name}`;
  const claims: LaunchSpec[] = [];
  const answer = options.answer ?? (() => ({ status: 200, body: { loadMs: 3 } }));
  const handler: RequestListener =
    options.handler ?? ((_, response) => response.end(`${name} as ${claims[0]?.function}`));
  const functionServer = createServer(handler);
  const claimServer = createServer(async (request, response) => {
    const spec = await genuineClaim(request, uid);
    if (spec === undefined) {
      end(response, 401);
      return;
    }
    const first = claims[0];
    claims.push(spec);
    if (first && first.function !== spec.function) {
      end(response, 409);
      return;
    }
    const { status, body } = await answer(spec);
    if (status === 200 && !functionServer.listening) await fixture.listen(functionServer, address);
    end(response, status, body);
  });
  claimServer.listen(fixture.claimPort, address);
  await once(claimServer, 'listening');
  const tell = (labelled: Record<string, string>, to = fixture, status: PodStatus = ready(address)) =>
    to.pods.tell(`${NAMESPACE}/${name}`, podObject(name, labelled, status));
  tell({ [labels.pool]: POOL }, fixture, options.onItsWay ? { phase: 'Pending' } : undefined);
  return {
    name,
    address,
    claims,
    relabel: (functionName) => tell({ [labels.function]: functionName }),
    tell: (to) => tell({ [labels.pool]: POOL }, to),
    remove: () => fixture.pods.tell(`${NAMESPACE}/${name}`, undefined),
    async close() {
      for (const server of [functionServer, claimServer]) {
        if (!server.listening) continue;
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }
    },
  };
}

async function genuineClaim(request: IncomingMessage, podUid: string): Promise<LaunchSpec | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const message = claimMessage(podUid, createHash('sha256').update(body).digest('hex'));
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: claimPublicKey(key) },
    format: 'jwk',
  });
  const signature = Buffer.from(String(request.headers[claimHeaders.signature]), 'base64url');
  const isGenuine = request.url === CLAIM_PATH && verify(null, Buffer.from(message), publicKey, signature);
  return isGenuine ? JSON.parse(body.toString()) : undefined;
}

function end(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { connection: 'close' }).end(body && JSON.stringify(body));
}

function podObject(name: string, labelled: Record<string, string>, status: PodStatus): Pod {
  return { metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, labels: labelled }, status };
}

function ready(podIP: string): PodStatus {
  return { phase: 'Running', podIP, conditions: [{ type: 'Ready', status: 'True' }] };
}
