/** Real warm pods, each on an address of its own, and claims on them as gateways make them. */
import { request } from 'node:http';
import { CLAIM_PATH, claimHeaders, claimPublicKey, claimSigningKey, signClaim } from '#crds/wire/claim.ts';
import type { LaunchSpec } from '#crds/wire/launch-spec.ts';
import { CLAIM_PORT, FUNCTION_PORT } from '#crds/wire/names.ts';
import { sha256 } from './make-archive.ts';
import { type Exit, makeDirectory, type Runtime, runToExit, startRuntime } from './runtime.ts';

const ENCRYPTION_KEY = Buffer.alloc(32, 7);
const signingKey = claimSigningKey(ENCRYPTION_KEY);
export const POD_UID = 'uid-of-the-pod';
export const POOL = 'tests/~small';

/** What outlives a container of the pod. */
export interface Place {
  readonly host: string;
  readonly launchDir: string;
}

export interface WarmPod extends Runtime {
  readonly place: Place;
  claim(spec: LaunchSpec, forgery?: Forgery): Promise<Answer>;
  /** Any request to the claim port. */
  send(body: string | Buffer, request?: ClaimRequest): Promise<Answer>;
}

export interface Answer {
  status: number | undefined;
  body: unknown;
}

/** What a claim that is not genuine is signed for. */
interface Forgery {
  podUid?: string;
  body?: string;
  encryptionKey?: Buffer;
}

interface ClaimRequest {
  method?: string;
  path?: string;
  signature?: string;
}

let lastHost = 0;

export function makePlace(): Place {
  lastHost += 1;
  const host = `127.${180 + (process.pid % 60)}.${lastHost >> 8}.${(lastHost & 255) + 1}`;
  return { host, launchDir: makeDirectory('launch-') };
}

function environmentAt({ host, launchDir }: Place): Record<string, string> {
  return {
    HOST: host,
    PORT: String(FUNCTION_PORT),
    CATNAP_CLAIM_KEY: claimPublicKey(ENCRYPTION_KEY),
    CATNAP_POOL: POOL,
    CATNAP_POD_UID: POD_UID,
    CATNAP_LAUNCH_DIR: launchDir,
  };
}

export interface WarmOptions {
  place?: Place;
  env?: Record<string, string>;
  fromSource?: boolean;
}

/** Starts a container of a warm pod: in a new one it waits for a claim, in one that was claimed it listens. */
export async function startWarm(options: WarmOptions = {}, until = 'waiting for a claim'): Promise<WarmPod> {
  const { place = makePlace(), env, fromSource } = options;
  const start = { env: { ...environmentAt(place), ...env }, fromSource, isWarm: true };
  const runtime = await startRuntime(start, until);
  const send = (body: string | Buffer, claim: ClaimRequest = {}) => sendClaim(place.host, body, claim);
  return Object.assign(runtime, {
    place,
    send,
    claim(spec: LaunchSpec, { podUid = POD_UID, body, encryptionKey }: Forgery = {}) {
      const text = JSON.stringify(spec);
      const key = encryptionKey ? claimSigningKey(encryptionKey) : signingKey;
      return send(text, { signature: signClaim(key, podUid, sha256(Buffer.from(body ?? text))) });
    },
  });
}

/** Starts a container that is expected to give up. */
export function runWarmToExit({ place = makePlace(), env }: WarmOptions): Promise<Runtime & { exit: Exit }> {
  return runToExit({ env: { ...environmentAt(place), ...env }, isWarm: true });
}

/** Signed as it should be. */
export function signatureOf(body: string | Buffer): string {
  return signClaim(signingKey, POD_UID, sha256(Buffer.from(body)));
}

function sendClaim(host: string, body: string | Buffer, claim: ClaimRequest): Promise<Answer> {
  const { method = 'POST', path = CLAIM_PATH, signature } = claim;
  const headers = {
    'content-length': Buffer.byteLength(body),
    ...(signature === undefined ? {} : { [claimHeaders.signature]: signature }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host, port: CLAIM_PORT, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

/** The launch spec of a function with these files. */
export function specOf(files: Record<string, string>, change: Partial<LaunchSpec> = {}): LaunchSpec {
  const { env, ...rest } = change;
  return {
    function: 'tests/probe',
    revision: 'r1',
    env: {
      PORT: '8080',
      CATNAP_HANDLER: 'index.handler',
      CATNAP_FUNCTION_NAME: 'probe',
      CATNAP_FUNCTION_NAMESPACE: 'tests',
      CATNAP_REVISION: 'r1',
      ...env,
    },
    files,
    ...rest,
  };
}
