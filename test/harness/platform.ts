import { createPlatform, type NodeImage, type Platform } from '#local/up/platform.ts';
import { bringUp } from '#local/up/start.ts';
import { openStateDirectory } from '#local/up/state.ts';
import { supervise } from '#local/up/supervise.ts';
import { buildRuntime } from '#runtime/build.ts';

export interface TestPlatformOptions {
  /** Images that the node can run besides the runtime's. */
  images?: Record<string, NodeImage>;
  logLevel?: string;
  /** Warm pods that each pool keeps at least; the operator's default when absent. */
  poolMinSize?: number;
  say?: (line: string) => void;
}

/** A whole platform of its own on free ports, its state in a temporary directory that stop() removes. */
export async function startPlatform(options: TestPlatformOptions = {}): Promise<Platform> {
  const state = openStateDirectory();
  const { entry: runtimeEntry } = await buildRuntime(state.file('runtime'));
  const platform = await createPlatform({
    state,
    runtimeEntry,
    images: options.images,
    logLevel: options.logLevel,
    poolMinSize: options.poolMinSize,
  });
  const stop = async () => {
    await platform.stop();
    state.release();
  };
  try {
    await bringUp(platform, options.say ?? (() => {}));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...platform, stop };
}

/** The same; a part that dies is started again. */
export async function startSupervisedPlatform(options: TestPlatformOptions = {}): Promise<Platform> {
  const platform = await startPlatform(options);
  const stopping = new AbortController();
  for (const component of platform.components) {
    supervise(component, stopping.signal, options.say ?? (() => {}));
  }
  return {
    ...platform,
    stop() {
      stopping.abort();
      return platform.stop();
    },
  };
}
