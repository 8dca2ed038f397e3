/** Builds all images for tests on a real cluster, and tells where they are. */
import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildImages } from './build.ts';
import { inRepository } from './paths.ts';

const usage = 'usage: node test/cluster/images/main.ts [--version TAG]\n';

const say = (line: string) => void process.stderr.write(`${line}\n`);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { version: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return void process.stdout.write(usage);
  const { version } = JSON.parse(await readFile(inRepository('package.json'), 'utf8'));
  for (const { name, archive, bytes, digest } of await buildImages({
    version: values.version ?? version,
    say,
  })) {
    const packed = (await stat(archive)).size;
    process.stdout.write(
      `${name}  ${megabytes(bytes)} (${megabytes(packed)} packed)  ${digest}  ${archive}\n`,
    );
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
