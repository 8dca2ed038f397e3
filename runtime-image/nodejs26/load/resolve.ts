import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LoadError } from './load-error.ts';
import type { FunctionRoot } from './root.ts';

/** In the order in which they are tried. */
const EXTENSIONS = ['.mjs', '.js', '.cjs', '.ts', '.mts', '.cts'];

export interface HandlerPlace {
  /** Absolute path. */
  path: string;
  /** Path within the function's files. */
  file: string;
  exportName: string;
}

/**
 * Finds the file that a handler (`FILE.EXPORT`) names; FILE may or may not have its extension.
 * @throws LoadError that says which files there are.
 */
export function resolveHandler(root: FunctionRoot, handler: string): HandlerPlace {
  const dot = handler.lastIndexOf('.');
  const base = handler.slice(0, dot);
  const exportName = handler.slice(dot + 1);
  const given = EXTENSIONS.some((extension) => base.endsWith(extension)) ? [base] : [];
  for (const file of [...given, ...EXTENSIONS.map((extension) => base + extension)]) {
    const path = join(root.directory, file);
    if (isFile(path)) return { path, file, exportName };
  }
  throw new LoadError(
    `handler ${handler} needs a file ${base} with one of ${EXTENSIONS.join(', ')}; ${describeFiles(root.directory)}`,
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

const SHOWN_FILES = 10;

function describeFiles(directory: string): string {
  const files = listFiles(directory, '').sort();
  if (files.length === 0) return 'the function has no files';
  const more = files.length > SHOWN_FILES ? ', …' : '';
  return `the function has ${files.slice(0, SHOWN_FILES).join(', ')}${more}`;
}

/** Two levels are enough to see what went wrong; ConfigMap mounts keep their own machinery under `..`. */
function listFiles(directory: string, prefix: string, depth = 2): string[] {
  const found: string[] = [];
  for (const entry of readNames(directory)) {
    if (entry.startsWith('..') || entry === 'node_modules') continue;
    const path = join(directory, entry);
    if (isFile(path)) found.push(prefix + entry);
    else if (depth > 1) found.push(...listFiles(path, `${prefix}${entry}/`, depth - 1));
  }
  return found;
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
