import { pathToFileURL } from 'node:url';
import { LoadError } from './load-error.ts';
import { describeImportFailure } from './locate.ts';
import { resolveHandler } from './resolve.ts';
import type { FunctionRoot } from './root.ts';

export type EventHandler = (event: unknown, context: unknown) => unknown;
export type FetchHandler = (request: unknown, env: unknown, context: unknown) => unknown;

export type Handler =
  | { readonly form: 'event'; readonly call: EventHandler }
  | { readonly form: 'fetch'; readonly call: FetchHandler };

/**
 * Imports the function's code and picks its handler.
 * @throws LoadError with the file and, where it can be known, the line.
 */
export async function loadHandler(root: FunctionRoot, handler: string, timeoutMs: number): Promise<Handler> {
  const { path, file, exportName } = resolveHandler(root, handler);
  const module = await importWithin(path, root, timeoutMs);
  return pickHandler(module, exportName, file);
}

async function importWithin(path: string, root: FunctionRoot, timeoutMs: number): Promise<object> {
  const imported = import(pathToFileURL(path).href) as Promise<object>;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // Unreferenced: an event loop that runs empty meanwhile is reported at once, see main.ts.
    timer = setTimeout(() => reject(neverFinished(timeoutMs)), timeoutMs).unref();
  });
  try {
    return await Promise.race([imported, late]);
  } catch (error) {
    throw error instanceof LoadError ? error : describeImportFailure(error, path, root);
  } finally {
    clearTimeout(timer);
  }
}

function neverFinished(timeoutMs: number): LoadError {
  return new LoadError(
    `did not finish loading within ${timeoutMs / 1000} s; look for a top-level await that hangs`,
  );
}

/** The handler under `exportName`: a function, or an object with a `fetch` function. */
export function pickHandler(module: object, exportName: string, file: string): Handler {
  const exports = module as Record<string, unknown>;
  const value = exportName in exports ? exports[exportName] : fromCommonJs(exports, exportName);
  if (value === undefined) throw new LoadError(missingExport(exports, exportName), { file });
  if (typeof value === 'function') return { form: 'event', call: value as EventHandler };
  const fetch =
    typeof value === 'object' && value !== null ? (value as { fetch?: unknown }).fetch : undefined;
  if (typeof fetch === 'function') return { form: 'fetch', call: fetch.bind(value) as FetchHandler };
  const what = typeof value === 'object' ? 'an object without a fetch function' : `a ${typeof value}`;
  throw new LoadError(`export "${exportName}" is ${what}; it must be a function or an object with fetch`, {
    file,
  });
}

/** Names that Node's static analysis of CommonJS missed are on `module.exports`, which is the default export. */
function fromCommonJs(exports: Record<string, unknown>, exportName: string): unknown {
  if (!('module.exports' in exports)) return undefined;
  const commonJs = exports['module.exports'];
  const isHolder = (typeof commonJs === 'object' && commonJs !== null) || typeof commonJs === 'function';
  return isHolder ? (commonJs as Record<string, unknown>)[exportName] : undefined;
}

function missingExport(exports: Record<string, unknown>, exportName: string): string {
  const names = Object.keys(exports).filter((name) => name !== 'module.exports');
  const present = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
  return `has no export "${exportName}"; ${present}`;
}
