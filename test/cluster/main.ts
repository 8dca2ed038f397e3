/** `npm run cluster -- COMMAND`: a real Kubernetes on this machine. */
import { parseArgs } from 'node:util';
import { downCluster, loadImage, runningCluster, upCluster } from './cluster.ts';
import { formatStatuses, partStatuses } from './status.ts';

const usage = `Usage: npm run cluster -- COMMAND

  up [--nodes 1|2]     Bring up Kubernetes on this machine (needs root); compiles it the first time
  down                 Remove it without a trace
  status               What runs, and how much memory it takes
  kubeconfig           Print the path of the kubeconfig
  load-image FILE…     Give image archives (OCI or Docker) to every node
`;

class UsageError extends Error {}

const print = (line: string) => void process.stdout.write(`${line}\n`);
const hint = (line: string) => void process.stderr.write(`${line}\n`);

async function required() {
  const info = await runningCluster();
  if (!info) throw new Error('No test cluster runs: "npm run cluster -- up" starts one.');
  return info;
}

const commands: Record<string, (args: string[]) => Promise<void>> = {
  async up(args) {
    const { values } = parse(args, { nodes: { type: 'string', default: '1' } });
    if (values.nodes !== '1' && values.nodes !== '2') throw new UsageError('--nodes: must be 1 or 2');
    const { kubeconfig } = await upCluster({ nodes: values.nodes === '2' ? 2 : 1, say: print });
    hint(`export KUBECONFIG=${kubeconfig}`);
  },
  async down(args) {
    parse(args);
    await downCluster(print);
  },
  async status(args) {
    parse(args);
    const { nodes } = await required();
    print(formatStatuses(await partStatuses(nodes.length)));
  },
  async kubeconfig(args) {
    parse(args);
    const { kubeconfig } = await required();
    print(kubeconfig);
    hint(`export KUBECONFIG=${kubeconfig}`);
  },
  async 'load-image'(args) {
    if (args.length === 0) throw new UsageError('load-image: name at least one archive file');
    for (const archive of args) {
      await loadImage(archive);
      print(`loaded ${archive}`);
    }
  },
  /** What the part `provisioner` runs. */
  async 'provision-volumes'() {
    const { runProvisioner } = await import('./provisioner/main.ts');
    await runProvisioner();
  },
};

function parse<T extends Record<string, { type: 'string'; default: string }>>(args: string[], options?: T) {
  try {
    return parseArgs({ args, options: options ?? ({} as T) });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main([name = '--help', ...args]: string[]): Promise<void> {
  if (name === '--help' || name === 'help') return print(usage.trimEnd());
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`unknown command "${name}"`);
  await command(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  hint((error as Error).message);
  if (error instanceof UsageError) hint(`\n${usage.trimEnd()}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
