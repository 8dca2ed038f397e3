import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './command.mjs';
import { UserError } from './errors.mjs';

/**
 * Installs node_modules when it is absent or older than package-lock.json.
 * @returns {Promise<string>} path of the Node that the dependencies contain
 */
export async function ensureDependencies(root) {
  const node = join(root, 'node_modules', '.bin', 'node');
  if (isCurrent(root) && existsSync(node)) return node;
  await install(root);
  if (!existsSync(node)) {
    throw new UserError(
      'The dependencies are installed but contain no Node binary: npm skipped install scripts. Run `npm config delete ignore-scripts`, then `npm ci`.',
    );
  }
  return node;
}

/** npm writes this file last, so an interrupted install does not count as one. */
function isCurrent(root) {
  const installed = modified(join(root, 'node_modules', '.package-lock.json'));
  return installed > 0 && installed >= modified(join(root, 'package-lock.json'));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function install(root) {
  // The npm that runs us, when one does; its path is a script for Node.
  const script = process.env.npm_execpath;
  const [command, prefix] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  const args = [...prefix, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { ok, output } = await runQuietly('Installing dependencies (npm ci)', command, args, { cwd: root });
  if (ok) return;
  throw new UserError(
    `${output.trim()}\n\nThe dependencies could not be installed. Check that the npm registry is reachable, then try again.`,
  );
}
