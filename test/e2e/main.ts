/** `npm run e2e`: the end-to-end suite against a cluster of one's choice. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `Usage: npm run e2e -- [--cluster local|current] [FILTER …]

  local     Starts the embedded cluster with the whole platform, and stops it (default)
  current   Uses the cluster of KUBECONFIG and the gateway at CATNAP_GATEWAY_URL
            (and its control port at CATNAP_CONTROL_URL, else the metrics tests are skipped)
`;

function parse(): { cluster: string; help: boolean; filters: string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { cluster: { type: 'string', default: 'local' }, help: { type: 'boolean', default: false } },
  });
  if (!['local', 'current'].includes(values.cluster)) {
    throw new Error(`--cluster ${values.cluster}: must be local or current`);
  }
  if (values.cluster === 'current' && !process.env.CATNAP_GATEWAY_URL) {
    throw new Error('--cluster current needs CATNAP_GATEWAY_URL, where functions are called');
  }
  return { ...values, filters: positionals };
}

function run(cluster: string, filters: string[]): void {
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'e2e', ...filters], {
    stdio: 'inherit',
    env: { ...process.env, CATNAP_E2E_CLUSTER: cluster },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

try {
  const { cluster, help, filters } = parse();
  if (help) process.stdout.write(usage);
  else run(cluster, filters);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
