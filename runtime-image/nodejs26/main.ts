/**
 * The language server for Node.js 26: loads one function and serves it over HTTP. Listens only once the code is loaded,
 * so that an open port means ready. Which function, its environment says, or, in a warm pod, the first claim.
 */
import { installConsole } from './console.ts';
import { startFunction } from './process/start-function.ts';
import { environment } from './wire.ts';

if (process.env[environment.isolates]) {
  // Loaded on demand, like the next: a function's own pods have no use for it.
  const { startHost } = await import('./isolate/host.ts');
  await startHost();
} else if (process.env[environment.claimKey]) {
  const { startWarmPod } = await import('./warm/warm-pod.ts');
  await startWarmPod();
} else {
  installConsole(console);
  await startFunction();
}
