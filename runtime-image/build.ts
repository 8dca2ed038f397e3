/** Bundles the runtime, so that it starts without a TypeScript loader and ships without node_modules. */
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { writeNotices } from './notices.ts';

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Code for archives stays in a file of its own, which only functions that come as one ever read. */
const separateArchive: Plugin = {
  name: 'separate-archive',
  setup({ onResolve }) {
    onResolve({ filter: /\/fetch-archive\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './fetch-archive.mjs', external: true } : undefined,
    );
  },
};

const entries = ['main.ts', 'archive/fetch-archive.ts', 'process/watchdog-worker.ts'];

/** Builds the Node.js 26 runtime into `outDir`. @returns the file to start with `node`. */
export async function buildRuntime(outDir: string): Promise<{ entry: string }> {
  const source = (entry: string) => fileURLToPath(new URL(`./nodejs26/${entry}`, import.meta.url));
  const output = (entry: string) => join(outDir, basename(entry).replace('.ts', '.mjs'));
  // One build each rather than code splitting: a shared chunk would be one more file to load at the start.
  const results = await Promise.all(
    entries.map((entry) =>
      build({
        ...common,
        entryPoints: [source(entry)],
        outfile: output(entry),
        minifySyntax: true,
        plugins: [separateArchive, lazyBuiltins],
      }),
    ),
  );
  await writeNotices(
    results.map(({ metafile }) => metafile),
    outDir,
  );
  return { entry: output('main.ts') };
}

/** CommonJS packages in an ES module still call `require`, for Node's own modules and for optional packages. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles a process entry, such as the operator's or the gateway's, with everything it imports into one ES module.
 * @throws esbuild's BuildFailure.
 */
export async function bundle(
  entry: string,
  outFile: string,
  options: Pick<BuildOptions, 'nodePaths'> = {},
): Promise<void> {
  const { metafile } = await build({
    ...common,
    ...options,
    entryPoints: [entry],
    outfile: outFile,
    // Errors and metrics carry class names.
    keepNames: true,
    banner: { js: REQUIRE },
  });
  await writeNotices([metafile], dirname(outFile));
}

const USAGE = `usage: node runtime-image/build.ts runtime OUT_DIR
       node runtime-image/build.ts bundle ENTRY OUT_FILE
`;

if (import.meta.main) {
  const [command, first, second] = process.argv.slice(2);
  if (command === 'runtime' && first && !second) await buildRuntime(first);
  else if (command === 'bundle' && first && second) await bundle(first, second);
  else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
}
