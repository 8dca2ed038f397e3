/** local/bootstrap.mjs in a repository of its own, with an npm and a Node that only pretend. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LOCAL = fileURLToPath(new URL('../../../local', import.meta.url));
/** Writes what npm ci would, and what it was asked. */
const NPM = `#!/bin/sh
echo "npm $@" >> npm.log
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho ran "$@"; exit 7\\n' > node_modules/.bin/node
chmod +x node_modules/.bin/node
touch node_modules/.package-lock.json
`;

let root: string;
let bin: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'catnap-bootstrap-'));
  bin = join(root, 'fake-bin');
  await mkdir(bin);
  await cp(join(LOCAL, 'bootstrap.mjs'), join(root, 'local', 'bootstrap.mjs'));
  await cp(join(LOCAL, 'bootstrap'), join(root, 'local', 'bootstrap'), { recursive: true });
  await writeFile(join(root, 'package-lock.json'), '{}');
  await program('npm', NPM);
  await program('redis-server', '#!/bin/sh\n');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function program(name: string, text: string, directory = bin): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), text);
  await chmod(join(directory, name), 0o755);
}

function launch(args: string[], path = `${bin}:/usr/bin:/bin`) {
  const child = spawn(process.execPath, [join(root, 'local', 'bootstrap.mjs'), ...args], {
    env: { PATH: path },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  return { child, done: once(child, 'close').then(([code]) => ({ code, output })), output: () => output };
}

const run = (...args: string[]) => launch(args).done;
const npmCalls = () => readFile(join(root, 'npm.log'), 'utf8').catch(() => '');

describe('npm start', () => {
  it('installs the dependencies once, then hands over arguments and exit code', async () => {
    const first = await run('start', '--demo', '--data', 'a b');
    expect(first.output).toContain('ran local/up/main.ts --demo --data a b');
    expect(first.code).toBe(7);
    expect(await npmCalls()).toMatch(/^npm ci .*\n$/);
    expect((await run('start')).code).toBe(7);
    expect(await npmCalls()).toMatch(/^npm ci .*\n$/);
  });

  it('installs again when package-lock.json wants something else, but not when it is only newer', async () => {
    await run('start');
    const lockfile = (version: string) =>
      writeFile(
        join(root, 'package-lock.json'),
        JSON.stringify({ packages: { '': { dependencies: { a: '*' } }, 'node_modules/a': { version } } }),
      );
    const record = join(root, 'node_modules', '.package-lock.json');
    await writeFile(record, JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
    await utimes(record, 1, 1);
    await lockfile('1.0.0');
    await run('start');
    expect((await npmCalls()).split('\n').length).toBe(2);
    await lockfile('1.0.1');
    await run('start');
    expect((await npmCalls()).split('\n').length).toBe(3);
  });

  it('shows what npm said when the installation fails', async () => {
    await program('npm', '#!/bin/sh\necho "no route to host" >&2\nexit 1\n');
    const { code, output } = await run('start');
    expect(code).toBe(1);
    expect(output).toContain('no route to host');
    expect(output).toContain('could not be installed');
    expect(output).not.toMatch(/\n\s+at /);
  });

  it('says what to do when npm skipped the script that brings Node', async () => {
    await program('npm', '#!/bin/sh\nmkdir -p node_modules\ntouch node_modules/.package-lock.json\n');
    const { code, output } = await run('start');
    expect(code).toBe(1);
    expect(output).toContain('npm config delete ignore-scripts');
  });

  it('says what to install when there is no Redis and no way to bring it', async () => {
    await run('check');
    await rm(join(bin, 'redis-server'));
    const { code, output } = await launch(['start'], bin).done;
    expect(code).toBe(1);
    expect(output).toMatch(/^Catnap needs redis-server or valkey-server on the PATH\./);
  });

  it('takes valkey-server as well', async () => {
    await rm(join(bin, 'redis-server'));
    await program('valkey-server', '#!/bin/sh\n');
    await run('check');
    expect((await launch(['start'], `${bin}:/bin`).done).code).toBe(7);
  });

  it('refuses commands that it does not know', async () => {
    const { code, output } = await run('strat');
    expect(code).toBe(1);
    expect(output).toContain('Unknown command "strat". Known are: start, test');
  });

  it('forwards signals', async () => {
    await run('check');
    const script = "#!/bin/sh\ntrap 'exit 5' TERM\necho waiting\nwhile :; do sleep 0.05; done\n";
    await program('node', script, join(root, 'node_modules', '.bin'));
    const { child, done, output } = launch(['start']);
    while (!output().includes('waiting')) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect((await done).code).toBe(5);
  });
});
