import { rmSync } from 'node:fs';
import { type Handler, loadHandler } from '../load/load.ts';
import type { LoadError } from '../load/load-error.ts';
import { FunctionRoot } from '../load/root.ts';
import { setLogFunction } from '../log.ts';
import { readSettings, type Settings } from '../settings.ts';
import { environment } from '../wire.ts';
import { guardLoading } from './load-guard.ts';

const LOAD_LIMIT_MS = 60_000;

/** A function that can be called. */
export interface LoadedFunction {
  readonly settings: Settings;
  readonly handler: Handler;
  readonly directory: string;
}

/**
 * Loads the function that the environment describes.
 *
 * @param env as a rule `process.env`: what the function is not to see is taken out of it
 * @param lastWord see {@link guardLoading}
 * @throws LoadError, SettingsError, UnpackError: the function is at fault, see unloadable.ts
 */
export async function loadFunction(
  env: NodeJS.ProcessEnv,
  lastWord: (error: LoadError) => void,
): Promise<LoadedFunction> {
  const settings = readSettings(env);
  // The function may well print its environment.
  delete env[environment.announceToken];
  setLogFunction(`${settings.namespace}/${settings.functionName}`);
  const directory = await sourceDirectory(settings);
  const root = new FunctionRoot(directory);
  const load = () => loadHandler(root, settings.handler, LOAD_LIMIT_MS);
  return { settings, handler: await guardLoading(root, load, lastWord), directory };
}

async function sourceDirectory({ source }: Settings): Promise<string> {
  if ('directory' in source) return source.directory;
  // Loaded on demand: it is most of the runtime's code.
  const { fetchArchive } = await import('../archive/fetch-archive.ts');
  const directory = await fetchArchive(source.archiveUrl, source.sha256);
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
