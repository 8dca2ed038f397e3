/** Which source files import which: the raw material of the layering check. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { root } from '../run/stages.ts';

export interface Import {
  /** Path from the repository's root. */
  file: string;
  /** Path from the root for our own modules, else the package. */
  target: string;
}

const PATTERN =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
const ALIASES: Record<string, string> = { '#runtime': 'runtime-image' };

/** Imports of the code that ships: without tests, and without the helpers and fixtures that only tests use. */
export function shippedImports(folders: string[]): Import[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .filter((file) => !/\.test\.ts$|(^|\/)(testing|fixtures)(\/|\.ts$)/.test(file))
    .flatMap((file) => importsOf(file, readFileSync(`${root}/${file}`, 'utf8')));
}

/** The imports in a source text. */
export function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(PATTERN)].map(([, fixed, dynamic]) => ({
    file,
    target: resolve(file, (fixed ?? dynamic) as string),
  }));
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(dirname(file), specifier);
  if (!specifier.startsWith('#')) return specifier;
  const [alias = '', ...rest] = specifier.split('/');
  return [ALIASES[alias] ?? alias.slice(1), ...rest].join('/');
}
