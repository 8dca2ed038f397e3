/** `npm run e2e`: the end-to-end suite against a cluster of one's choice. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ENVIRONMENT } from './support/environment.ts';

const usage = `Usage: npm run e2e -- [--cluster local|current|real] [OPTIONS] [FILTER …]

  local     Starts the embedded cluster with the whole platform, and stops it (default)
  current   Uses the cluster of KUBECONFIG and the gateway at CATNAP_GATEWAY_URL
            (and its control port at CATNAP_CONTROL_URL, else the metrics tests are skipped)
  real      Takes the test cluster (npm run cluster) or brings it up, builds the images and installs the
            chart; removes what it brought. Needs root.

  --nodes 1|2   Nodes that "real" needs at least (default 2; with 1, tests of a node's loss are skipped)
  --keep        Leave cluster and platform of "real" as they are, to look around or for a quick next run
  FILTER        Part of a test file's path
`;

interface Options {
  cluster: string;
  nodes: string;
  keep: boolean;
  help: boolean;
  filters: string[];
}

function parse(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cluster: { type: 'string', default: 'local' },
      nodes: { type: 'string', default: '2' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!['local', 'current', 'real'].includes(values.cluster)) {
    throw new Error(`--cluster ${values.cluster}: must be local, current or real`);
  }
  if (!['1', '2'].includes(values.nodes)) throw new Error(`--nodes ${values.nodes}: must be 1 or 2`);
  if (values.keep && values.cluster !== 'real') throw new Error('--keep goes with --cluster real');
  if (values.cluster === 'current' && !process.env.CATNAP_GATEWAY_URL) {
    throw new Error('--cluster current needs CATNAP_GATEWAY_URL, where functions are called');
  }
  return { ...values, filters: positionals };
}

function run({ cluster, nodes, keep, filters }: Options): void {
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'e2e', ...filters], {
    stdio: 'inherit',
    env: {
      ...process.env,
      [ENVIRONMENT.cluster]: cluster,
      [ENVIRONMENT.nodes]: nodes,
      [ENVIRONMENT.keep]: keep ? 'true' : '',
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

try {
  const options = parse();
  if (options.help) process.stdout.write(usage);
  else run(options);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
