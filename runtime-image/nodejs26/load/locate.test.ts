import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findMissingImport, placeInStack } from './locate.ts';
import { FunctionRoot } from './root.ts';

const directory = mkdtempSync(join(tmpdir(), 'catnap-locate-'));
const root = new FunctionRoot(directory);
const importer = join(directory, 'index.mjs');

afterAll(() => rmSync(directory, { recursive: true }));

describe('placeInStack', () => {
  it.each([
    [
      'a frame',
      `Error: x\n    at f (node:internal/a:1:2)\n    at g (file://${importer}:7:3)`,
      { file: 'index.mjs', line: 7 },
    ],
    ['a frame without a name', `Error: x\n    at ${importer}:8:3`, { file: 'index.mjs', line: 8 }],
    ['an awaiting frame', `Error: x\n    at async file://${importer}:9:3`, { file: 'index.mjs', line: 9 }],
    [
      'what Node prints above a syntax error',
      `file://${importer}:4\n  a +;\n     ^\n\nSyntaxError: x`,
      { file: 'index.mjs', line: 4 },
    ],
    [
      'the caller of a package',
      `Error: x\n    at f (${directory}/node_modules/p/a.js:1:1)\n    at ${importer}:2:3`,
      { file: 'index.mjs', line: 2 },
    ],
    ['nothing of the function', 'Error: x\n    at f (/elsewhere/a.mjs:1:2)', undefined],
    ['a sibling with the same beginning', `Error: x\n    at f (${directory}-other/a.mjs:1:2)`, undefined],
  ])('%s', (_, stack, expected) => {
    expect(placeInStack(stack, root)).toEqual(expected);
  });
});

describe('findMissingImport', () => {
  it.each([
    [
      "Cannot find package 'p' imported from %",
      'import a from "p/sub";',
      { what: 'package', shown: 'p', line: 2 },
    ],
    [
      `Cannot find module '${directory}/b.mjs' imported from %`,
      "import './b.mjs';",
      { what: 'module', line: 2 },
    ],
    ["Cannot find module 'p'\nRequire stack:\n- %", 'require(`p`)', { what: 'module', shown: 'p', line: 2 }],
    ["Cannot find package 'p' imported from %", 'import(name)', { what: 'package', line: undefined }],
  ])('%s', (message, statement, expected) => {
    writeFileSync(importer, `// p is imported below\n${statement}\n`);
    expect(findMissingImport(new Error(message.replace('%', importer)))).toMatchObject({
      ...expected,
      importer,
    });
  });

  it('knows its own messages only', () => {
    expect(findMissingImport(new Error('Cannot find a way'))).toBeUndefined();
  });
});
