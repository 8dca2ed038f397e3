import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runToExit, useRuntime } from './runtime.ts';

useRuntime();

interface Failure {
  message: string;
  file?: string;
  line?: number;
}

const faults: [string, Record<string, string>, Failure][] = [
  [
    'wrong syntax in an ES module',
    { 'index.mjs': 'const a = 1;\nexport const handler = () => {\n  return a +;\n};\n' },
    { message: "SyntaxError: Unexpected token ';'", file: 'index.mjs', line: 3 },
  ],
  [
    'wrong syntax in an imported file',
    { 'index.mjs': 'import "./lib/a.mjs";\n', 'lib/a.mjs': '\nlet let = 1;\n' },
    { message: 'SyntaxError: Unexpected strict mode reserved word', file: 'lib/a.mjs', line: 2 },
  ],
  [
    'wrong syntax in CommonJS',
    { 'index.cjs': '\n\nexports.handler = () => { return +; };\n' },
    { message: "SyntaxError: Unexpected token ';'", file: 'index.cjs', line: 3 },
  ],
  [
    'wrong syntax in TypeScript',
    { 'index.ts': 'const a: number = 1;\nexport const handler = () => { return a +; };\n' },
    { message: 'SyntaxError: Expression expected', file: 'index.ts', line: 2 },
  ],
  [
    'TypeScript that cannot be stripped',
    { 'index.ts': '\nenum A { B }\nexport const handler = () => A.B;\n' },
    {
      message: 'SyntaxError: TypeScript enum is not supported in strip-only mode',
      file: 'index.ts',
      line: 2,
    },
  ],
  [
    'an error while loading',
    {
      'index.mjs': 'import { f } from "./f.mjs";\nf();\n',
      'f.mjs': 'export function f() {\n  throw new Error("boom");\n}\n',
    },
    { message: 'Error: boom', file: 'f.mjs', line: 2 },
  ],
  [
    'something thrown that is no error',
    { 'index.mjs': 'throw "text";\n' },
    { message: 'threw text while loading', file: 'index.mjs' },
  ],
  [
    'a missing package',
    { 'index.mjs': '\nimport { x } from "left-pad/sub";\nexport const handler = x;\n' },
    { message: "cannot find package 'left-pad'", file: 'index.mjs', line: 2 },
  ],
  [
    'a missing file',
    { 'index.mjs': 'import "./there.mjs";\nimport "./gone.mjs";\n', 'there.mjs': '' },
    { message: "cannot find module 'gone.mjs'", file: 'index.mjs', line: 2 },
  ],
  [
    'a missing package in CommonJS',
    { 'index.cjs': '\n\nrequire("left-pad");\n' },
    { message: "cannot find module 'left-pad'", file: 'index.cjs', line: 3 },
  ],
  [
    'an import of a name that is not exported',
    { 'index.mjs': '\nimport { nope } from "./a.mjs";\nnope();\n', 'a.mjs': 'export const a = 1;' },
    {
      message: "SyntaxError: The requested module './a.mjs' does not provide an export named 'nope'",
      file: 'index.mjs',
      line: 2,
    },
  ],
  [
    'faulty JSON',
    { 'index.mjs': 'import a from "./a.json" with { type: "json" };\n', 'a.json': '{' },
    {
      message: expect.stringMatching(/^SyntaxError: a\.json: Expected property name/),
      file: 'a.json',
    } as never,
  ],
  [
    'no file for the handler',
    { 'main.mjs': '', 'lib/util.mjs': '' },
    {
      message:
        'handler index.handler needs a file index with one of .mjs, .js, .cjs, .ts, .mts, .cts; the function has lib/util.mjs, main.mjs',
    },
  ],
  ['no files', {}, { message: expect.stringContaining('the function has no files') } as never],
  [
    'no such export',
    { 'index.mjs': 'export const main = 1;\nexport default 2;\n' },
    { message: 'has no export "handler"; it exports default, main', file: 'index.mjs' },
  ],
  [
    'no such export in CommonJS',
    { 'index.cjs': 'exports.main = () => 1;' },
    { message: 'has no export "handler"; it exports default, main', file: 'index.cjs' },
  ],
  [
    'no exports',
    { 'index.mjs': '' },
    { message: 'has no export "handler"; it exports nothing', file: 'index.mjs' },
  ],
  [
    'an export that is no function',
    { 'index.mjs': 'export const handler = "text";' },
    {
      message: 'export "handler" is a string; it must be a function or an object with fetch',
      file: 'index.mjs',
    },
  ],
  [
    'an object without fetch',
    { 'index.mjs': 'export const handler = {};' },
    {
      message:
        'export "handler" is an object without a fetch function; it must be a function or an object with fetch',
      file: 'index.mjs',
    },
  ],
  [
    'a top-level await that waits for nothing',
    { 'index.mjs': 'await new Promise(() => {});\nexport const handler = () => 1;\n' },
    { message: 'never finishes loading: a top-level await waits for nothing' },
  ],
  [
    'process.exit while loading',
    { 'index.mjs': 'process.exit(0);' },
    { message: 'called process.exit(0) while loading' },
  ],
];

it.each(faults)('names %s', async (_, files, failure) => {
  const runtime = await runToExit({ files });
  expect(runtime.exit).toEqual({ code: 78, signal: null });
  expect(runtime.termination()).toEqual({ reason: 'LoadFailed', ...failure });
  const line = runtime.logs().find(({ msg }) => msg === 'the code does not load');
  expect(line).toMatchObject({ level: 'error', function: 'tests/probe' });
  expect(runtime.stderr()).toBe('');
});

it('keeps the stack in the log', async () => {
  const runtime = await runToExit({ files: { 'index.mjs': '\nnull.x;\n' } });
  expect(runtime.logs().at(-1)).toMatchObject({
    error: "index.mjs:2: TypeError: Cannot read properties of null (reading 'x')",
    file: 'index.mjs',
    line: 2,
    stack: expect.stringContaining('index.mjs:2:6'),
  });
});

it('names an asynchronous error while loading', async () => {
  const content =
    'setTimeout(() => { throw new Error("late"); });\nawait new Promise((r) => setTimeout(r, 5000));';
  const runtime = await runToExit({ files: { 'index.mjs': content } });
  expect(runtime.exit.code).toBe(78);
  expect(runtime.termination()).toMatchObject({
    message: 'uncaught while loading: Error: late',
    file: 'index.mjs',
    line: 1,
  });
});

it('names files of a mounted ConfigMap by their own paths', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'catnap-mount-'));
  try {
    mkdirSync(join(mount, '..2026_11_23'));
    writeFileSync(join(mount, '..2026_11_23', 'index.mjs'), '\n\nthrow new Error("boom");\n');
    symlinkSync('..2026_11_23', join(mount, '..data'));
    symlinkSync('..data/index.mjs', join(mount, 'index.mjs'));
    const runtime = await runToExit({ env: { CATNAP_FUNCTION_DIR: mount } });
    expect(runtime.termination()).toEqual({
      reason: 'LoadFailed',
      message: 'Error: boom',
      file: 'index.mjs',
      line: 3,
    });
  } finally {
    rmSync(mount, { recursive: true });
  }
});

it('names every setting that is wrong', async () => {
  const env = { CATNAP_CONCURRENCY: '0', CATNAP_TIMEOUT_SECONDS: 'soon', PORT: '99999' };
  const runtime = await runToExit({ files: { 'index.mjs': '' }, env });
  expect(runtime.exit.code).toBe(78);
  expect(runtime.termination()).toEqual({
    reason: 'LoadFailed',
    message: [
      'PORT is "99999"; it must be an integer from 0 to 65535',
      'CATNAP_CONCURRENCY is "0"; it must be an integer from 1 to 1000',
      'CATNAP_TIMEOUT_SECONDS is "soon"; it must be an integer from 1 to 3600',
    ].join('; '),
  });
});

it('keeps the termination message within 4096 bytes', async () => {
  const runtime = await runToExit({ files: { 'index.mjs': 'throw new Error("ü".repeat(9000));' } });
  const message = JSON.stringify(runtime.termination());
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
  expect(runtime.termination()).toMatchObject({ file: 'index.mjs', line: 1 });
});
