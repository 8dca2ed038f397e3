/** Announcements put together: the port they come in by, their judge, metrics and logs. */
import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Config } from '#gateway/config.ts';
import type { Invoker } from '#gateway/invoke/invoker.ts';
import { Announcements } from './announcements.ts';
import { createAnnounceServer, isLoopback } from './server.ts';

export interface Announcing {
  /** Does not listen yet. */
  readonly server: Server;
  /** The pod watch told something of this pod, after the function table took it in. */
  podSeen(uid: string | undefined): void;
}

interface AnnouncingOptions {
  readonly config: Config;
  readonly invoker: Invoker;
  readonly log: Logger;
}

/** Undefined without the key that tokens are checked with. */
export function createAnnouncing({ config, invoker, log }: AnnouncingOptions): Announcing | undefined {
  const { encryptionKey, announceHost } = config;
  if (encryptionKey === undefined) return undefined;
  const { table, metrics } = invoker;
  const announcements = new Announcements({
    table,
    encryptionKey,
    now: () => performance.now(),
    onOutcome(outcome, { functionKey, podUid, address }) {
      metrics.announcements.inc({ outcome });
      // Not louder: whoever reaches the port could fill the log.
      log.debug({ function: functionKey, pod: podUid, address, outcome }, 'announcement');
    },
  });
  const server = createAnnounceServer({
    receive: (announcement, token) => announcements.receive(announcement, token),
    onUnusable: (outcome) => metrics.announcements.inc({ outcome }),
    allowLoopback: isLoopback(announceHost),
  });
  return {
    server,
    podSeen(uid) {
      if (uid !== undefined) announcements.podSeen(uid);
    },
  };
}
