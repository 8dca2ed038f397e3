import { expect, it } from 'vitest';
import { rewriteImports } from './lazy-builtins.ts';

it.each([
  ['import { a, b as c } from "node:fs";', 'const { a, b: c } = process.getBuiltinModule("node:fs");'],
  ['import fs from "fs";', 'const fs = process.getBuiltinModule("fs");'],
  ['import * as fs from "node:fs";', 'const fs = process.getBuiltinModule("node:fs");'],
  ['import fs, { a } from "node:fs";', 'const fs = process.getBuiltinModule("node:fs"), { a } = fs;'],
])('turns %s into a declaration', (before, after) => {
  expect(rewriteImports(`x;\n${before}\ny;`)).toBe(`x;\n${after}\ny;`);
});

it.each(['import { a } from "./chunk.mjs";', 'const s = `import a from "node:fs";`;'])(
  'leaves %s alone',
  (code) => {
    expect(rewriteImports(code)).toBe(code);
  },
);
