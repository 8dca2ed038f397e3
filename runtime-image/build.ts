/** Bundles the runtime, so that it starts without a TypeScript loader and ships without node_modules. */
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Code for archives stays in a file of its own, which only functions that come as one ever read. */
const separateArchive: Plugin = {
  name: 'separate-archive',
  setup({ onResolve }) {
    onResolve({ filter: /\/fetch-archive\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './fetch-archive.mjs', external: true } : undefined,
    );
  },
};

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'error',
  plugins: [separateArchive, lazyBuiltins],
};

/** CommonJS packages in an ES module still call `require`, for Node's own modules and for optional packages. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

const entries = ['main.ts', 'archive/fetch-archive.ts', 'process/watchdog-worker.ts'];

/** Builds the Node.js 26 runtime into `outDir`. @returns the file to start with `node`. */
export async function buildRuntime(outDir: string): Promise<{ entry: string }> {
  const output = (entry: string) => join(outDir, basename(entry).replace('.ts', '.mjs'));
  // One build each rather than code splitting: a shared chunk would be one more file to load at the start.
  await Promise.all(
    entries.map((entry) =>
      build({ ...common, entryPoints: [source(`./nodejs26/${entry}`)], outfile: output(entry) }),
    ),
  );
  return { entry: output('main.ts') };
}

/**
 * Bundles one entry point with everything it imports into one ES module, for images without node_modules.
 * @throws esbuild's BuildFailure.
 */
export async function bundle(entry: string, outFile: string): Promise<void> {
  await build({ ...common, entryPoints: [entry], outfile: outFile, keepNames: true, sourcemap: false, plugins: [] , banner: { js: REQUIRE } });
}

if (import.meta.main) {
  const [outDir, ...rest] = process.argv.slice(2);
  if (!outDir || rest.length > 0) {
    process.stderr.write('usage: node runtime-image/build.ts OUT_DIR\n');
    process.exit(2);
  }
  await buildRuntime(outDir);
}
