/** Process entry of `npm start`. */
import { parseOptions, usage } from './options.ts';
import { runSession } from './session.ts';
import { stopSignal } from './stopping.ts';

const NOT_LINUX =
  'The embedded cluster gives each pod a loopback address of its own, which needs Linux. Elsewhere use a virtual machine or WSL, or install the chart into a cluster.';

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (process.platform !== 'linux') throw new Error(NOT_LINUX);
  const code = await runSession(
    options,
    stopSignal(() => process.exit(130)),
  );
  return code;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\nRun \`npm start -- --help\` for the options.\n`);
  process.exit(2);
}
