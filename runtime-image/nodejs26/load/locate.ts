import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LoadError, type Place } from './load-error.ts';
import type { FunctionRoot } from './root.ts';

/** Turns whatever `import()` of the function's code threw into a message with file and line. */
export function describeImportFailure(error: unknown, entry: string, root: FunctionRoot): LoadError {
  if (!(error instanceof Error)) {
    return new LoadError(`threw ${String(error)} while loading`, { file: root.relative(entry) }, error);
  }
  const message = `${error.name}: ${root.strip(error.message)}`;
  const missing = findMissingImport(error);
  if (missing) {
    const place = { file: root.relative(missing.importer), line: missing.line };
    return new LoadError(`cannot find ${missing.what} '${root.strip(missing.shown)}'`, place, error);
  }
  const place =
    placeInStack(error.stack ?? '', root) ??
    placeInMessage(error.message, root) ??
    (error instanceof SyntaxError ? placeBySecondImport(entry, root) : undefined);
  return new LoadError(message, place ?? { file: root.relative(entry) }, error);
}

/** The topmost line of a stack that lies in the function's files: `path:line` alone or inside a frame. */
export function placeInStack(stack: string, root: FunctionRoot): Place | undefined {
  for (const line of stack.split('\n')) {
    const match =
      /^\s+at (?:.*\()?(.+?):(\d+):\d+\)?$/.exec(line) ?? /^((?:file:\/\/)?\/.+):(\d+)$/.exec(line);
    if (!match?.[1]) continue;
    const file = root.relative(match[1].replace(/^async /, ''));
    if (file !== undefined && !file.includes('node_modules/')) return { file, line: Number(match[2]) };
  }
  return undefined;
}

/** Faulty JSON is reported as `/path/file.json: what is wrong`. */
function placeInMessage(message: string, root: FunctionRoot): Place | undefined {
  const path = /^(\/\S+\.json): /.exec(message)?.[1];
  return path ? { file: root.relative(path) } : undefined;
}

interface MissingImport {
  what: 'package' | 'module';
  shown: string;
  importer: string;
  line: number | undefined;
}

const MISSING = /^Cannot find (package|module) '(.+?)' imported from (.+)$/m;
const MISSING_REQUIRE = /^Cannot find module '(.+?)'\nRequire stack:\n- (.+)$/m;

/** Reads Node's message about an import that leads nowhere, and finds the statement in the importing file. */
export function findMissingImport(error: Error): MissingImport | undefined {
  const imported = MISSING.exec(error.message);
  if (imported) {
    const [, what, shown, importer] = imported as unknown as [string, 'package' | 'module', string, string];
    return { what, shown, importer, line: lineOfImport(importer, shown) };
  }
  const required = MISSING_REQUIRE.exec(error.message);
  if (!required) return undefined;
  const [, shown, importer] = required as unknown as [string, string, string];
  return { what: 'module', shown, importer, line: lineOfImport(importer, shown) };
}

/** The first line of `importer` with a quoted specifier that means `target` (a path or a package's name). */
function lineOfImport(importer: string, target: string): number | undefined {
  const means = (specifier: string) =>
    specifier === target ||
    specifier.startsWith(`${target}/`) ||
    (specifier.startsWith('.') && resolve(dirname(importer), specifier) === target);
  const lines = readText(importer).split('\n');
  const index = lines.findIndex((line) =>
    [...line.matchAll(/(['"`])(.+?)\1/g)].some((m) => means(m[2] ?? '')),
  );
  return index < 0 ? undefined : index + 1;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const SECOND_IMPORT_MS = 5_000;

/**
 * Node tells where an ES module's syntax is wrong only when it prints the error itself, so let it: another process
 * imports the same file. Code with wrong syntax does not run, neither there nor here.
 */
function placeBySecondImport(entry: string, root: FunctionRoot): Place | undefined {
  const script = `import ${JSON.stringify(pathToFileURL(entry).href)}`;
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: SECOND_IMPORT_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return placeInStack(stderr ?? '', root);
}
