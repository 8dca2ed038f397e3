import { announce } from '../announce/announce.ts';
import { log } from '../log.ts';
import { loadFunction } from './load-function.ts';
import { Serving } from './serving.ts';
import { StopSignals } from './stop-signals.ts';
import { exitUnloadable } from './unloadable.ts';

/**
 * Runs the function that the environment describes: loads it, listens, tells the gateways.
 *
 * @param onListening to be done before the gateways are told
 */
export async function startFunction(onListening?: (serving: Serving) => Promise<void>): Promise<void> {
  const fn = await loadFunction(process.env, exitUnloadable).catch(exitUnloadable);
  const serving = new Serving(fn);
  new StopSignals(() => serving.stop());
  await serving.listen();
  if (onListening) await onListening(serving);
  const { port } = serving;
  const { host, announce: identity, handler } = fn.settings;
  const announced = identity && announce(identity, { host, port }, () => serving.closing);
  log('info', 'listening', { port, handler, startMs: Math.round(performance.now()) });
  const prepare = () => serving.prepare();
  // It takes milliseconds, so the announcement goes first; but it must be done before any call.
  serving.server.once('connection', prepare);
  if (announced) void announced.then(prepare);
  else prepare();
}
