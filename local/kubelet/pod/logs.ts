/** Which file a request for a container's log means. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { LogOptions } from '../logs/lines.ts';
import type { LogFollow } from '../logs/read.ts';
import type { LogTarget } from '../logs/server.ts';
import type { LogPlace } from '../logs/store.ts';
import type { NodeServices } from '../services.ts';
import type { ContainerRunner } from './container.ts';

/** A string says why there is no log. */
export function findContainerLog(
  services: Pick<NodeServices, 'runtime'>,
  pod: Pod,
  runner: ContainerRunner,
  place: LogPlace,
  options: LogOptions,
): LogTarget | string {
  const { model } = runner;
  const name = `container ${JSON.stringify(model.name)} in pod ${JSON.stringify(pod.metadata?.name ?? '')}`;
  if (options.previous) {
    if (model.restartCount === 0) return `previous terminated ${name} not found`;
    return { path: place.file(model.restartCount - 1) };
  }
  // Between two runs the last one is the current one.
  const begun = model.state.kind === 'running' || model.state.kind === 'exited';
  if (!begun && !model.everStarted) {
    const reason = model.state.kind === 'waiting' ? model.state.reason : 'ContainerCreating';
    return `${name} is waiting to start: ${reason}`;
  }
  const run = begun ? model.restartCount : Math.max(0, model.restartCount - 1);
  const live = runner.run;
  return {
    path: place.file(run),
    follow: live && ((signal) => follower(services.runtime, live, signal)),
  };
}

/** Wakes on what the container writes and when its run ends. */
function follower(
  runtime: NodeServices['runtime'],
  run: { id: string; exited: Promise<void> },
  signal: AbortSignal,
): LogFollow {
  let over = false;
  let pending = false;
  let wake = () => {};
  const unfollow = runtime.onLog(run.id, () => {
    pending = true;
    wake();
  });
  const end = () => {
    over = true;
    unfollow();
    wake();
  };
  signal.addEventListener('abort', end);
  void run.exited.then(end);
  return {
    async next() {
      if (!pending && !over) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      pending = false;
      return over;
    },
  };
}
