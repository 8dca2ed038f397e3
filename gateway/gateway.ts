/** A whole gateway, from its settings and a way to reach the API server. */

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Logger } from 'pino';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { claimSigningKey } from '#crds/wire/claim.ts';
import { Seal } from '#crds/wire/seal.ts';
import { systemClock } from '#kube/clock.ts';
import { listen } from '#kube/probes.ts';
import { createAnnouncing } from './announce/announcing.ts';
import { createAsynchronous } from './async/asynchronous.ts';
import type { Config } from './config.ts';
import { createControlServer } from './control.ts';
import { drain } from './drain.ts';
import { Frontend } from './http/frontend.ts';
import { createPublicServer } from './http/server.ts';
import { Invoker } from './invoke/invoker.ts';
import type { ScaleClient } from './invoke/waker.ts';
import { LaunchSpecs } from './launch/launch-specs.ts';
import { Metrics } from './metrics/metrics.ts';
import { QueueNotices } from './queue-notices.ts';
import { connectRedis, interactiveOptions, patientOptions } from './redis.ts';
import { Sampler } from './samples.ts';
import { createTriggering, type TriggeringOptions } from './triggers/triggering.ts';
import { type HookPort, Hooks } from './triggers/webhook/hooks.ts';
import { withinTime } from './within-time.ts';

/** The part of a kube watcher that the gateway uses. */
export interface Source<T> {
  readonly synced: boolean;
  onChange(listener: (change: { key: string; current?: T; previous?: T }) => void): () => void;
}

export interface GatewayOptions {
  readonly config: Config;
  readonly client: ScaleClient;
  readonly functions: Source<CatnapFunction>;
  readonly pods: Source<Pod>;
  readonly log: Logger;
  /** Made elsewhere when more than the gateway counts in them. */
  readonly metrics?: Metrics;
  /** Takes the events that sources post; without it there are no hooks. */
  readonly hookPort?: HookPort;
  /** Ports of function pods and of claims, other than the usual ones in tests. */
  readonly podPort?: number;
  readonly claimPort?: number;
  /** Other trigger sources than the usual ones, in tests. */
  readonly loadTriggerSource?: TriggeringOptions['load'];
  /** How long balancers may need to notice that this gateway goes away, in milliseconds. */
  readonly settleMs?: number;
}

export interface Gateway {
  readonly port: number;
  readonly controlPort: number;
  /** Where pods announce themselves; undefined without an encryption key. */
  readonly announcePort: number | undefined;
  readonly invoker: Invoker;
  /** Drains and closes everything; at most the configured time. Resolves to whether every call came to its end. */
  stop(): Promise<boolean>;
}

/** Starts a gateway; resolves when its ports are open. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, client, functions, pods, log, podPort, claimPort, metrics = new Metrics() } = options;
  const redis = connectRedis(config.redis, interactiveOptions(), log);
  const notices = connectRedis(config.redis, patientOptions(), log);
  const launching = config.encryptionKey && {
    ...createLaunching(redis, config.encryptionKey, log),
    claimPort,
  };
  const invoker = new Invoker({ client, log, metrics, podPort, launching });
  const synced = () => functions.synced && pods.synced;
  const gatewayId = randomUUID();
  const asynchronous = createAsynchronous({ config, invoker, synced, notices, log });
  const triggering = createTriggering({
    gatewayId,
    redis,
    encryptionKey: config.encryptionKey,
    invoker,
    deadLetters: asynchronous.deadLetters,
    log,
    load: options.loadTriggerSource,
  });
  functions.onChange(({ key, current }) => {
    invoker.table.setFunction(key, current);
    triggering?.setFunction(key, current);
  });
  const announcing = createAnnouncing({ config, invoker, log });
  pods.onChange(({ key, current }) => {
    invoker.table.setPod(key, current);
    announcing?.podSeen(current?.metadata?.uid);
  });

  const { loads, otherQueues, claims, coldStarts } = invoker;
  const isolateCounts = () => invoker.table.isolateCounts();
  const { starvingCounts } = invoker;
  const told = { claims, coldStarts, isolateCounts, starvingCounts, triggers: triggering };
  const sampler = new Sampler({ gatewayId, redis, loads, ...told, log });
  const queueNotices = new QueueNotices({
    gatewayId,
    redis,
    notices,
    loads,
    others: otherQueues,
    clock: systemClock,
  });
  const hooks = createHooks(options.hookPort ?? triggering?.posted, options, metrics);
  const frontend = new Frontend({ ...config, invoker, asyncCalls: asynchronous.calls, hooks, synced });
  const server = createPublicServer(frontend, config.maxConnections);
  invoker.metrics.observe(invoker.table, server.connections);
  const control = createControlServer({
    invoker,
    asynchronous: asynchronous.control,
    notReady: () => (frontend.closing ? 'draining' : synced() ? undefined : 'the watches are not synced yet'),
  });
  const [port, controlPort, announcePort] = await Promise.all([
    listen(server.http, config.port, config.host),
    listen(control, config.controlPort, config.controlHost),
    announcing && listen(announcing.server, config.announcePort, config.announceHost),
  ]);
  sampler.start();
  queueNotices.start();
  triggering?.start();

  const shutDown = async (): Promise<boolean> => {
    const limitMs = config.drainSeconds * 1_000;
    // Deliveries under way count as active calls.
    asynchronous.stop();
    const triggersStopped = triggering?.stop();
    const done = await drain({
      server: server.http,
      announce: () => {
        frontend.closing = true;
      },
      active: () => invoker.active + (hooks?.active ?? 0),
      settleMs: options.settleMs ?? 0,
      limitMs,
    });
    if (triggersStopped) await withinTime(TRIGGERS_CLOSE_MS, triggersStopped);
    queueNotices.stop();
    await sampler.stop();
    await asynchronous.close();
    invoker.stop();
    for (const connection of [redis, notices]) connection.disconnect();
    for (const internal of [control, announcing?.server]) {
      internal?.close();
      internal?.closeAllConnections();
    }
    return done;
  };
  let stopped: Promise<boolean> | undefined;
  const stop = (): Promise<boolean> => {
    stopped ??= shutDown();
    return stopped;
  };
  return { port, controlPort, announcePort, invoker, stop };
}

/** How long triggers may take to acknowledge what was delivered and to be given up, once everything else is done. */
const TRIGGERS_CLOSE_MS = 5_000;

function createHooks(
  port: HookPort | undefined,
  { log }: GatewayOptions,
  metrics: Metrics,
): Hooks | undefined {
  if (port === undefined) return undefined;
  return new Hooks({ port, log, refused: (reason) => metrics.refused.inc({ reason }) });
}

function createLaunching(redis: Redis, encryptionKey: Buffer, log: Logger) {
  const specs = new LaunchSpecs({
    redis,
    seal: new Seal(encryptionKey),
    onFailure: (functionKey, err) =>
      log.warn(
        { function: functionKey, err },
        'a launch spec cannot be had: the function starts a pod of its own',
      ),
  });
  return { specs, signingKey: claimSigningKey(encryptionKey) };
}
