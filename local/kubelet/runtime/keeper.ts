/**
 * The process keeper: a small child process of the kubelet that starts, watches and ends containers.
 *
 * It exists for two reasons. Starting a process copies the page tables of its parent, which takes 16 ms and
 * blocks when the parent holds 500 MB, 1 ms from here. And when the kubelet dies, by whatever signal, the
 * channel closes and the keeper ends what the kubelet left behind.
 */
import { type ContainerProcess, killGroup, startContainerProcess } from './container-process.ts';
import { execCommand } from './exec.ts';
import { memoryByLeader } from './memory.ts';
import type { KeeperReply, KeeperRequest, ProcessExit, StartRequest } from './protocol.ts';

const MEMORY_CHECK_MS = 1_000;
const ORPHAN_GRACE_MS = 2_000;
/** Log notices are merged so that a chatty container does not flood the channel. */
const LOG_NOTICE_MS = 20;

interface Entry {
  process: ContainerProcess;
  memoryLimitBytes?: number;
}

const entries = new Map<string, Entry>();
const followed = new Set<string>();
const noticePending = new Set<string>();
let onEmpty: (() => void) | undefined;

function reply(message: KeeperReply): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function start(request: StartRequest): Promise<void> {
  const { id } = request;
  const onExit = (exit: ProcessExit) => {
    entries.delete(id);
    followed.delete(id);
    reply({ op: 'exited', id, exit });
    if (entries.size === 0) onEmpty?.();
  };
  try {
    const container = await startContainerProcess(request, { onLog: () => noticeLog(id), onExit });
    entries.set(id, { process: container, memoryLimitBytes: request.memoryLimitBytes });
    reply({ op: 'started', id, pid: container.pid, startedAtMs: container.startedAtMs });
  } catch (error) {
    reply({ op: 'startFailed', id, message: (error as Error).message });
  }
}

function noticeLog(id: string): void {
  if (!followed.has(id) || noticePending.has(id)) return;
  noticePending.add(id);
  setTimeout(() => {
    noticePending.delete(id);
    reply({ op: 'logged', id });
  }, LOG_NOTICE_MS);
}

async function shutdown(graceMs: number): Promise<void> {
  if (entries.size > 0) {
    const empty = new Promise<void>((resolve) => {
      onEmpty = resolve;
    });
    for (const { process: container } of entries.values()) container.signal('SIGTERM');
    await Promise.race([empty, new Promise((resolve) => setTimeout(resolve, graceMs))]);
    for (const { process: container } of entries.values()) killGroup(container.pid);
  }
  process.exit(0);
}

async function checkMemory(): Promise<void> {
  const limited = [...entries.values()].filter((entry) => entry.memoryLimitBytes !== undefined);
  const usage = await memoryByLeader(limited.map((entry) => entry.process.pid));
  for (const { process: container, memoryLimitBytes } of limited) {
    if ((usage.get(container.pid) ?? 0) > (memoryLimitBytes ?? Number.POSITIVE_INFINITY)) {
      container.killOutOfMemory();
    }
  }
}

function handle(request: KeeperRequest): void {
  switch (request.op) {
    case 'start':
      void start(request);
      break;
    case 'signal':
      entries.get(request.id)?.process.signal(request.signal);
      break;
    case 'exec':
      void execCommand(request).then((result) => reply({ op: 'execDone', id: request.id, result }));
      break;
    case 'follow':
      if (request.on) followed.add(request.id);
      else followed.delete(request.id);
      break;
    case 'shutdown':
      void shutdown(request.graceMs);
      break;
  }
}

// A terminal's Ctrl-C is for the kubelet, which then asks for a shutdown.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void shutdown(ORPHAN_GRACE_MS));
process.on('disconnect', () => void shutdown(ORPHAN_GRACE_MS));
process.on('message', (message) => handle(message as KeeperRequest));
let checking = false;
setInterval(() => {
  if (checking) return;
  checking = true;
  void checkMemory().finally(() => {
    checking = false;
  });
}, MEMORY_CHECK_MS);
reply({ op: 'ready' });
