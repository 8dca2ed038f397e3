import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setLogFunction } from '../log.ts';
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
 * compiled and all that it needs of Node loaded: 7 of the 10 ms that a claim would take otherwise, for 0.1 s of CPU.
 * What is left behind is a few modules that nothing refers to.
 */
export class Rehearsal {
  readonly #pod: WarmPod;
  #isOver = false;
  #underWay: Promise<void> = Promise.resolve();

  constructor(pod: WarmPod) {
    this.#pod = pod;
  }

  /**
   * Resolves when all is played, or the end was asked for.
   *
   * @throws Error: a pod that cannot do it with these cannot do it with any function
   */
  run(): Promise<void> {
    this.#underWay = this.#playAll();
    return this.#underWay;
  }

  /** Plays nothing more; resolves when what is being played is over. */
  end(): Promise<void> {
    this.#isOver = true;
    return this.#underWay;
  }

  async #playAll(): Promise<void> {
    const { launch, settings, env } = this.#pod;
    const stage = join(launch.path, 'rehearsal');
    rmSync(stage, { recursive: true, force: true });
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const claimKey = String(publicKey.export({ format: 'jwk' }).x);
    const ownSettings = { ...settings, host: LOOPBACK, claimPort: 0, claimKey };
    const ownEnv = { ...env, HOST: LOOPBACK, [environment.port]: '0' };
    const all = Array.from({ length: ROUNDS }, () => pieces).flat();
    for (const [i, piece] of all.entries()) {
      if (this.#isOver) break;
      // Another directory each time: Node loads a file only once.
      const path = join(stage, String(i));
      mkdirSync(path, { recursive: true });
      const standsIn = { launch: new LaunchDirectory(path), process: standIn(ownEnv) };
      await play(piece, { settings: ownSettings, env: ownEnv, ...standsIn }, privateKey);
    }
    rmSync(stage, { recursive: true, force: true });
    setLogFunction(settings.pool);
  }
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
