/**
 * Bundles the runtime, the operator and the gateway into what their images hold, so that they start without a TypeScript
 * loader and ship without node_modules.
 */
import { copyFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { writeNotices } from './notices.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

const common = {
  bundle: true,
  // Paths of sources stand in the output as comments: relative to here, whatever directory the build is started in.
  absWorkingDir: repository,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Code for archives, warm pods and hosts of isolates stays in files of its own, which only pods that need it ever read. */
const onDemand = ['archive/fetch-archive.ts', 'warm/warm-pod.ts', 'isolate/host.ts'];

const separateOnDemand: Plugin = {
  name: 'separate-on-demand',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && onDemand.some((file) => basename(file) === basename(path))
        ? { path: `./${outputName(path)}`, external: true }
        : undefined,
    );
  },
};

const entries = ['main.ts', ...onDemand, 'process/watchdog-worker.ts', 'isolate/isolate-worker.ts'];

function outputName(entry: string): string {
  return basename(entry).replace('.ts', '.mjs');
}

/** Builds the Node.js 26 runtime into `outDir`. @returns the file to start with `node`. */
export async function buildRuntime(outDir: string): Promise<{ entry: string }> {
  const source = (entry: string) => fileURLToPath(new URL(`./nodejs26/${entry}`, import.meta.url));
  const output = (entry: string) => join(resolve(outDir), outputName(entry));
  // One build each rather than code splitting: a shared chunk would be one more file to load at the start.
  const results = await Promise.all(
    entries.map((entry) =>
      build({
        ...common,
        entryPoints: [source(entry)],
        outfile: output(entry),
        minifySyntax: true,
        plugins: [separateOnDemand, lazyBuiltins],
      }),
    ),
  );
  await writeNotices(
    results.map(({ metafile }) => metafile),
    { root: repository, outDir },
  );
  return { entry: output('main.ts') };
}

/**
 * CommonJS packages in an ES module still call `require`, for Node's own modules and for optional packages. Under a
 * name that no package imports for itself: esbuild does not see what stands here.
 */
const REQUIRE =
  "import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);";

/**
 * Bundles a process entry, such as the operator's or the gateway's, with everything it imports into one ES module.
 * What it imports only when it needs it (`import()`) goes into modules of its own beside it, and so does what those
 * share with it.
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
    entryPoints: [{ in: resolve(entry), out: basename(outFile, extname(outFile)) }],
    outdir: resolve(dirname(outFile)),
    outExtension: { '.js': extname(outFile) },
    splitting: true,
    chunkNames: '[name]-[hash]',
    // Errors and metrics carry class names.
    keepNames: true,
    // The Kafka client's checksums, with the WebAssembly in the code instead of a file beside it.
    alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
    banner: { js: REQUIRE },
  });
  await writeNotices([metafile], { root: repository, outDir: dirname(outFile) });
}

/** What images are made of; each has a Dockerfile that copies what {@link buildPart} writes. */
export const parts = ['operator', 'gateway', 'nodejs26'] as const;
export type Part = (typeof parts)[number];

/** Writes all that the image of a part holds besides its base; the same sources give the same bytes. */
export async function buildPart(part: Part, outDir: string): Promise<void> {
  if (part === 'nodejs26') await buildRuntime(outDir);
  else {
    await removeChunks(outDir);
    await bundle(join(repository, part, 'main.ts'), join(outDir, 'main.mjs'));
  }
  await copyFile(join(repository, 'LICENSE'), join(outDir, 'LICENSE'));
}

/** Of an earlier build: their names change with what is in them. */
async function removeChunks(outDir: string): Promise<void> {
  const files = await readdir(outDir).catch((): string[] => []);
  const chunks = files.filter((file) => /-[0-9A-Z]{8}\.mjs$/.test(file));
  await Promise.all(chunks.map((file) => rm(join(outDir, file))));
}

const USAGE = `usage: node runtime-image/build.ts ${parts.join('|')} OUT_DIR\n`;

if (import.meta.main) {
  const [name, outDir, ...rest] = process.argv.slice(2);
  const part = parts.find((known) => known === name);
  if (part && outDir && rest.length === 0) await buildPart(part, outDir);
  else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
}
