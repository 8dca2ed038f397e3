/** Brings a pod's status to the API server: at once, one write at a time, the latest state wins. */
import type { Pod, PodStatus } from 'kubernetes-types/core/v1.js';
import { backoffMs } from '#kube/backoff.ts';
import type { KubeClient } from '#kube/client.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { isConflict, isNotFound } from '#kube/errors.ts';
import { describeError, type Log } from '#kube/log.ts';
import { pods, refOf } from '#kube/resource.ts';

const RETRY = { minMs: 50, maxMs: 5_000 };

export interface StatusWriter {
  /** Asks for `build` to be called and its result written, unless it is what was written last. */
  publish(): void;
  /** Resolves when everything asked for is written, or the pod is gone. */
  flush(): Promise<void>;
  /** The status written last. */
  readonly written: PodStatus | undefined;
  stop(): void;
}

export function createStatusWriter(options: {
  client: Pick<KubeClient, 'patch'>;
  clock: Clock;
  log: Log;
  pod: Pod;
  build(): PodStatus;
}): StatusWriter {
  const { client, clock, log, pod, build } = options;
  const ended = new AbortController();
  let written: PodStatus | undefined;
  let wanted = false;
  let running: Promise<void> | undefined;

  const writeOnce = async (): Promise<void> => {
    const status = build();
    if (JSON.stringify(status) === JSON.stringify(written)) return;
    const body = { metadata: { uid: pod.metadata?.uid }, status };
    await client.patch(pods, refOf(pod), body, {
      type: 'merge',
      subresource: 'status',
      fieldManager: 'kubelet',
    });
    written = status;
  };

  const loop = async () => {
    let failures = 0;
    // What changes in one go is written in one go.
    await Promise.resolve();
    while (wanted && !ended.signal.aborted) {
      wanted = false;
      try {
        await writeOnce();
        failures = 0;
      } catch (error) {
        // Deleted, or replaced by a pod of the same name: nobody is left to tell.
        if (isNotFound(error) || isConflict(error)) break;
        wanted = true;
        failures += 1;
        log.warn(
          { pod: refOf(pod), failures, ...describeError(error) },
          'cannot write pod status, trying again',
        );
        await sleep(clock, backoffMs(failures, RETRY), ended.signal);
      }
    }
    running = undefined;
  };

  return {
    publish() {
      wanted = true;
      running ??= loop();
    },
    async flush() {
      while (running) await running;
    },
    get written() {
      return written;
    },
    stop: () => ended.abort(),
  };
}
