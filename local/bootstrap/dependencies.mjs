import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './command.mjs';
import { UserError } from './errors.mjs';

/**
 * Installs node_modules when it is absent or not what package-lock.json says.
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

function isCurrent(root) {
  const lockfile = join(root, 'package-lock.json');
  // npm writes this file last, so an interrupted installation does not count as one.
  const record = join(root, 'node_modules', '.package-lock.json');
  const installed = modified(record);
  if (installed === 0) return false;
  // A lock file that is only touched, or written by the very `npm install` that made the record, is newer too.
  return installed >= modified(lockfile) || isInstalled(packagesOf(lockfile), packagesOf(record));
}

/**
 * Every direct dependency is there, and nothing has another version. What npm leaves out on purpose (other
 * platforms, peers and what only those need) cannot be told from what is missing, so absence of the rest says nothing.
 */
function isInstalled(wanted, installed) {
  const { dependencies, devDependencies } = wanted[''] ?? {};
  const direct = Object.keys({ ...dependencies, ...devDependencies });
  return (
    direct.every((name) => installed[`node_modules/${name}`]) &&
    Object.entries(installed).every(([path, { version }]) => wanted[path]?.version === version)
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
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
    `${output.trim()}\n\nThe dependencies could not be installed. Check that the npm registry is reachable and that nothing else uses node_modules, then try again.`,
  );
}
