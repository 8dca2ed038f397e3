/**
 * What `npm start`, `npm test` and the other scripts run. Works with nothing installed: brings the dependencies and a
 * Redis server when they are missing, then hands over to the real command on the Node that the
 * dependencies contain.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './bootstrap/dependencies.mjs';
import { fail, UserError } from './bootstrap/errors.mjs';
import { ensureRedis } from './bootstrap/redis.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = ['node_modules/vitest/vitest.mjs', 'run'];

const commands = {
  start: { run: ['local/up/main.ts'], redis: true },
  test: { run: ['test/run/main.ts'], redis: true },
  check: { run: ['test/run/main.ts', '--only', 'check'] },
  unit: { run: [...vitest, '--project', 'unit'], redis: true },
  integration: { run: [...vitest, '--project', 'integration'], redis: true },
  triggers: { run: [...vitest, '--project', 'triggers'], redis: true },
  crashes: { run: [...vitest, '--project', 'crashes'], redis: true },
  e2e: { run: ['test/e2e/main.ts'], redis: true },
  bench: { run: ['test/bench/main.ts'], redis: true },
  cluster: { run: ['test/cluster/main.ts'] },
  generate: { run: ['test/run/generate.ts'] },
};

async function main([name, ...args]) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    throw new UserError(`Node ${process.versions.node} is too old to begin with: install Node 20 or later.`);
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) {
    throw new UserError(`Unknown command "${name ?? ''}". Known are: ${Object.keys(commands).join(', ')}.`);
  }
  const node = await ensureDependencies(root);
  // The help text needs no Redis.
  if (command.redis && !args.includes('--help')) await ensureRedis();
  return handOver(node, [...command.run, ...args]);
}

/** Runs the command in our place: same terminal, same signals, same exit code. */
function handOver(node, args) {
  let child;
  // Before there is a child: a signal in between must not end us and leave the child behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child?.kill(signal));
  child = spawn(node, args, {
    cwd: root,
    stdio: 'inherit',
    // `node` and `npx` in anything the command starts mean the same Node.
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  fail(error);
}
