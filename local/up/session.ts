/** One run of `npm start`, from the state directory to the last line. */
import { buildRuntime } from '#runtime/build.ts';
import { describeExit } from './component.ts';
import { tour } from './demo/tour.ts';
import { applyExample } from './example.ts';
import { follow } from './follow.ts';
import { kubectlPath } from './kubectl-binary.ts';
import { createKubectl } from './kubectl-command.ts';
import { duration } from './narrate.ts';
import type { Options } from './options.ts';
import { createPlatform, type Platform } from './platform.ts';
import { freePort } from './ports.ts';
import { bringUp } from './start.ts';
import { openStateDirectory, type StateDirectory } from './state.ts';
import { say, step } from './steps.ts';
import { aborted } from './stopping.ts';
import { supervise } from './supervise.ts';
import { welcome } from './welcome.ts';

const DEFAULT_PORT = 8080;
const SHOWN_LINES = 15;

/** Runs until the signal aborts, or until the demo is over. Resolves with the exit code. */
export async function runSession(options: Options, stop: AbortSignal): Promise<number> {
  const state = openStateDirectory(options.data);
  say(`Starting Catnap in ${state.path}${state.temporary ? ', which is removed at the end' : ''}`);
  let platform: Platform | undefined;
  let failed = false;
  try {
    platform = await preparePlatform(state, options);
    const work = options.demo ? demo(platform) : serve(platform, options, stop);
    const done = await Promise.race([work.then(() => 'done' as const), aborted(stop)]);
    return options.demo && done !== 'done' ? 130 : 0;
  } catch (error) {
    failed = true;
    reportFailure(error as Error, platform);
    return 1;
  } finally {
    await stopAll(platform);
    state.release({ keep: failed });
  }
}

async function preparePlatform(state: StateDirectory, options: Options): Promise<Platform> {
  if (options.port !== undefined && (await freePort(options.port)) !== options.port) {
    throw new Error(`port ${options.port} is taken; choose another --port`);
  }
  const { entry: runtimeEntry } = await buildRuntime(state.file('runtime'));
  const preferredGatewayPort = options.port ?? DEFAULT_PORT;
  const platform = await createPlatform({ state, runtimeEntry, preferredGatewayPort });
  if (!platform.gatewayUrl.endsWith(`:${preferredGatewayPort}`)) {
    say(`  port ${preferredGatewayPort} is taken, so the gateway is at ${platform.gatewayUrl}`);
  }
  return platform;
}

async function serve(platform: Platform, { data }: Options, stop: AbortSignal): Promise<void> {
  const started = performance.now();
  const client = await bringUp(platform, say);
  for (const component of platform.components) supervise(component, stop, say);
  if (platform.state.fresh) await step('examples/hello', () => applyExample(client));
  say(`Catnap runs after ${duration(performance.now() - started)}.`);
  if (data) say(`Its state stays in ${platform.state.path}.`);
  const stopFollowing = await follow(client, say);
  for (const line of await welcome(platform)) say(line);
  await aborted(stop);
  await stopFollowing();
}

async function demo(platform: Platform): Promise<void> {
  const started = performance.now();
  const crash = Promise.withResolvers<never>();
  for (const component of platform.components) {
    component.onCrash((exit) => crash.reject(new Error(`${component.name} ended (${describeExit(exit)})`)));
  }
  const work = async () => {
    const kubectl = step('kubectl', () => kubectlPath());
    await Promise.all([bringUp(platform, say), kubectl]);
    await tour(platform, await createKubectl(platform.kubeconfig));
  };
  await Promise.race([work(), crash.promise]);
  say(`\nThe tour is complete: ${duration(performance.now() - started)} in total.`);
}

function reportFailure(error: Error, platform: Platform | undefined): void {
  say(`\nFailed: ${error.message}`);
  for (const component of platform?.components ?? []) {
    const lines = component.tail(SHOWN_LINES);
    if (lines.length === 0) continue;
    say(`\nLast lines of ${component.logFile}:`);
    for (const line of lines) say(`    ${line}`);
  }
}

async function stopAll(platform: Platform | undefined): Promise<void> {
  if (!platform) return;
  const started = performance.now();
  await platform.stop();
  say(`Catnap stopped (${duration(performance.now() - started)}).`);
}
