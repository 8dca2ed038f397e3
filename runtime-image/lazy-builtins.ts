import { readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/** As esbuild prints import statements; only Node's own modules are left as such. */
const IMPORT = /^import (?:\* as ([\w$]+)|([\w$]+))?(?:, )?(?:\{([^}]*)\})? from "([^"]+)";$/gm;

/**
 * Makes bundled code take Node's own modules from `process.getBuiltinModule`. An import statement would run the getters
 * of every export: that of node:http loads Node's fetch (30 ms), that of node:fs costs 3 ms. For outputs of esbuild with
 * `format: 'esm'` and unminified white space.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ initialOptions, onEnd }) {
    initialOptions.metafile = true;
    // What is left of `require` in CommonJS packages asks for Node's own modules.
    initialOptions.banner = { js: 'const require = process.getBuiltinModule;' };
    onEnd(async ({ metafile }) => {
      for (const output of Object.keys(metafile?.outputs ?? {})) {
        const file = resolve(initialOptions.absWorkingDir ?? '.', output);
        await writeFile(file, rewriteImports(await readFile(file, 'utf8')));
      }
    });
  },
};

/** Replaces each import of one of Node's own modules by an equal declaration. */
export function rewriteImports(code: string): string {
  return code.replaceAll(IMPORT, (statement, star?: string, base?: string, named?: string, id = '') => {
    if (!isBuiltin(id)) return statement;
    const module = `process.getBuiltinModule(${JSON.stringify(id)})`;
    const whole = star ?? base;
    const names = named?.replaceAll(' as ', ': ');
    if (whole && names) return `const ${whole} = ${module}, {${names}} = ${whole};`;
    return `const ${whole ?? `{${names}}`} = ${module};`;
  });
}
