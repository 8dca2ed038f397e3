/**
 * The thread that one function runs in. It starts as nobody's, with the runtime loaded, and becomes a function by a
 * message; from then on it is what a pod of that function would be, but for the process it shares.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { installConsole } from '../console.ts';
import { loadFunction } from '../process/load-function.ts';
import { exitNow } from '../process/really-exit.ts';
import { Serving } from '../process/serving.ts';
import { describeUnloadable, logUnloadable } from '../process/unloadable.ts';
import type { Environment } from '../settings.ts';
import { functionEnvironment, replaceEnvironment } from '../warm/environment.ts';
import { LaunchDirectory } from '../warm/launch-directory.ts';
import { environment, exitCodes } from '../wire.ts';
import type { Become, FromIsolate, ToIsolate } from './messages.ts';
import { rehearse } from './rehearsal.ts';

const port = parentPort;
if (!port) throw new Error('this file is a thread of a host of isolates');
const tell = (message: FromIsolate) => port.postMessage(message);
const host = { ...process.env } satisfies Environment;
const { rehearses, directory: stage } = workerData as { rehearses: boolean; directory: string };

installConsole(console);
if (rehearses) await rehearse(stage);
port.on('message', (message: ToIsolate) => {
  if (message.kind === 'become') void become(message);
});
tell({ kind: 'ready' });

async function become({ spec, directory, port: listenOn, receivedAt }: Become): Promise<void> {
  // While code loads, nothing of the platform's may keep the thread alive: that it runs empty tells that it hangs.
  port?.unref();
  const files = new LaunchDirectory(directory).writeFiles(spec);
  const own = { ...host, [environment.port]: String(listenOn), CATNAP_TERMINATION_LOG: '/dev/null' };
  replaceEnvironment(process.env, functionEnvironment(own, spec, files));
  const giveUp = (error: unknown): never => {
    tell({ kind: 'unloadable', message: describeUnloadable(error) });
    logUnloadable(error);
    return exitNow(exitCodes.loadFailed);
  };
  const fn = await loadFunction(process.env, giveUp).catch(giveUp);
  const serving = new Serving(fn, spec.function);
  try {
    await serving.listen();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    tell({ kind: 'port taken' });
    return exitNow(0);
  }
  port?.on('message', (message: ToIsolate) => {
    if (message.kind === 'stop') serving.stop();
  });
  tell({ kind: 'serving', loadMs: performance.timeOrigin + performance.now() - receivedAt });
  serving.prepare({ postMessage: (data) => tell({ kind: 'watch', data }) });
}
