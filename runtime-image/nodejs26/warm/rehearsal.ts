import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Serving } from '../process/serving.ts';
import { CLAIM_PATH, claimHeaders, claimMessage, environment, type LaunchSpec } from '../wire.ts';
import { become } from './become.ts';
import { Claims } from './claims.ts';
import { exchange } from './exchange.ts';
import { LaunchDirectory } from './launch-directory.ts';
import { callText, close, LOOPBACK, type Piece, pieces, standIn } from './pieces.ts';
import { openClaimPort, type WarmPod } from './pod.ts';

/** What the third brings is still a tenth of a claim, what the fourth brings is not to be measured. */
const ROUNDS = 3;

/**
 * Claims, loads and calls functions that do nothing, here and by the same code, so that the first real one finds it
 * compiled and all that it needs of Node loaded: 7 of the 10 ms that a claim would take otherwise. What is left behind
 * is a few modules that nothing refers to.
 *
 * @throws Error: a pod that cannot do it with these cannot do it with any function
 */
export async function rehearse(pod: WarmPod): Promise<void> {
  const stage = join(pod.launch.path, 'rehearsal');
  rmSync(stage, { recursive: true, force: true });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const claimKey = String(publicKey.export({ format: 'jwk' }).x);
  const settings = { ...pod.settings, host: LOOPBACK, claimPort: 0, claimKey };
  const env = { ...pod.env, HOST: LOOPBACK, [environment.port]: '0' };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, piece] of pieces.entries()) {
      // Another directory each time: Node loads a file only once.
      const path = join(stage, `${round}-${i}`);
      mkdirSync(path, { recursive: true });
      await play(
        piece,
        { settings, env, launch: new LaunchDirectory(path), process: standIn(env) },
        privateKey,
      );
    }
  }
  rmSync(stage, { recursive: true });
}

async function play({ handler, files }: Piece, pod: WarmPod, key: KeyObject): Promise<void> {
  const spec: LaunchSpec = {
    function: 'rehearsal/piece',
    revision: '0',
    env: { [environment.handler]: handler, [environment.functionName]: 'piece' },
    files,
  };
  const opened = Promise.withResolvers<Serving>();
  const signals = { handOver: () => undefined };
  const claims: Claims = new Claims({
    take: (claim) =>
      void become(claim, { pod, claims, claimServer, signals }).then(opened.resolve, opened.reject),
    leaving: () => false,
  });
  const claimServer = await openClaimPort(pod, claims);
  const claimed = exchange(portOf(claimServer), LOOPBACK, claimText(spec, pod.settings.podUid, key));
  const [, { server, port }] = await Promise.all([claimed, opened.promise]);
  await exchange(port, LOOPBACK, callText());
  await Promise.all([close(server), close(claimServer)]);
}

function claimText(spec: LaunchSpec, podUid: string, key: KeyObject): string {
  const body = JSON.stringify(spec);
  const message = claimMessage(podUid, hash('sha256', body, 'hex'));
  const head = [
    `POST ${CLAIM_PATH} HTTP/1.1`,
    'host: rehearsal',
    'content-type: application/json',
    `${claimHeaders.signature}: ${sign(null, Buffer.from(message), key).toString('base64url')}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
