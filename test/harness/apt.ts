/** Debian packages that tests need: installed when they are missing, where that is ours to do. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '#local/up/executable.ts';

/** One installation at a time on this machine: test files run in parallel, and apt refuses a second. */
const LOCK = join(tmpdir(), 'catnap-apt.lock');

/** Servers that packages bring must not start as services: tests start their own, on their own ports. */
const SCRIPT = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy" || exit 1
fi
missing=
for name; do
  dpkg-query --show --showformat='\${Status}' "$name" 2>/dev/null | grep -q ' installed$' || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install --yes --no-install-recommends $missing; }
install || { apt-get update && install; } || exit 1
if [ -d /run/systemd/system ]; then systemctl disable --now $missing 2>/dev/null || true; fi
`;

/**
 * Installs those of the packages that are missing. Throws with the remedy when this is not Debian, not root, or when
 * apt-get fails. Call it only when a program is not there: it does not know how other systems name it.
 */
export async function ensureAptPackages(names: readonly string[]): Promise<void> {
  const list = names.join(' ');
  if (!findExecutable('apt-get')) {
    throw new Error(`These tests need what Debian packages as ${list}: install it, then try again.`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error(`These tests need ${list}. Install with: sudo apt-get install ${list}`);
  }
  const { code, output } = await run('flock', [LOCK, 'sh', '-c', SCRIPT, 'install', ...names]);
  if (code !== 0) {
    throw new Error(
      `${output.slice(-2_000).trim()}\n\n${list} could not be installed with apt-get: see above.`,
    );
  }
}

function run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
