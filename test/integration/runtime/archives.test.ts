import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makeTarGz, makeZip, sha256 } from './make-archive.ts';
import { runToExit, startRuntime, useRuntime } from './runtime.ts';

useRuntime();

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function archiveEnv(bytes: Buffer, hash = sha256(bytes)): Promise<Record<string, string>> {
  const url = await serve((_, response) => response.end(bytes));
  return {
    CATNAP_ARCHIVE_URL: `${url}/code.bin?signature=hidden`,
    CATNAP_ARCHIVE_SHA256: hash,
    CATNAP_FUNCTION_DIR: '',
  };
}

const entries = [
  {
    path: 'index.mjs',
    content: 'import { name } from "shout"; import "./linked.mjs"; export const handler = () => name;',
  },
  { path: 'node_modules/' },
  { path: 'node_modules/shout/package.json', content: '{ "main": "main.cjs" }' },
  {
    path: 'node_modules/shout/main.cjs',
    content: 'exports.name = require("node:fs").statSync(__filename).mode.toString(8);',
    mode: 0o755,
  },
  { path: 'src/real.mjs', content: '' },
  { path: 'linked.mjs', link: 'src/real.mjs' },
];

const kinds = [
  ['.zip', makeZip],
  ['.tar.gz', makeTarGz],
] as const;

describe.each(kinds)('a %s file', (_, make) => {
  it('is fetched, verified, unpacked and loaded', async () => {
    const { url } = await startRuntime({ env: await archiveEnv(make(entries)) });
    expect(await (await fetch(url)).text()).toBe('100755');
  });

  it('with another hash is refused', async () => {
    const bytes = make(entries);
    const env = await archiveEnv(bytes, 'ab'.repeat(32));
    const runtime = await runToExit({ env });
    expect(runtime.exit.code).toBe(78);
    expect(runtime.termination()).toEqual({
      reason: 'LoadFailed',
      message: `archive ${env.CATNAP_ARCHIVE_URL?.replace(/\?.*/, '')}: its sha256 is ${sha256(bytes)}, but the function asks for ${'ab'.repeat(32)}`,
    });
    expect(runtime.stdout()).not.toContain('hidden');
  });

  it.each([['../evil.mjs'], ['a/../../evil.mjs'], ['/tmp/catnap-evil.mjs'], ['..\\evil.mjs']])(
    'with the entry %s is refused',
    async (path) => {
      const runtime = await runToExit({ env: await archiveEnv(make([...entries, { path, content: 'x' }])) });
      expect(runtime.exit.code).toBe(78);
      expect(runtime.termination()).toMatchObject({
        message: expect.stringMatching(/outside of the archive|relative path|absolute path/),
      });
    },
  );

  it.each(['/etc', '../../..', 'src/../../..'])('with a link to %s is refused', async (link) => {
    const runtime = await runToExit({ env: await archiveEnv(make([...entries, { path: 'out', link }])) });
    expect(runtime.exit.code).toBe(78);
    expect(runtime.termination()).toMatchObject({
      message: expect.stringMatching(/the link out leads out of the archive$/),
    });
  });

  it('writes no file through a link', async () => {
    const hostile = [
      { path: 'out', link: '/tmp' },
      { path: 'out/catnap-evil.mjs', content: 'x' },
    ];
    const runtime = await runToExit({ env: await archiveEnv(make([...entries, ...hostile])) });
    expect(runtime.exit.code).toBe(78);
  });

  it('names the file and line of an error within', async () => {
    const runtime = await runToExit({
      env: await archiveEnv(make([{ path: 'index.mjs', content: '\nthrow new Error("boom")' }])),
    });
    expect(runtime.termination()).toEqual({
      reason: 'LoadFailed',
      message: 'Error: boom',
      file: 'index.mjs',
      line: 2,
    });
  });

  it('that is cut short is refused', async () => {
    const whole = make([
      { path: 'index.mjs', content: Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7919) % 251)) },
    ]);
    const runtime = await runToExit({ env: await archiveEnv(whole.subarray(0, whole.length - 300)) });
    expect(runtime.exit.code).toBe(78);
    expect(runtime.termination()).toMatchObject({
      message: expect.stringMatching(/damaged|End of central directory/i),
    });
  });
});

it('refuses entries of other kinds', async () => {
  const runtime = await runToExit({
    env: await archiveEnv(makeTarGz([{ path: 'zero' }], 'CharacterDevice')),
  });
  expect(runtime.termination()).toMatchObject({
    message: expect.stringContaining('zero is a CharacterDevice'),
  });
});

it('refuses a .zip entry that is longer than it says', async () => {
  const zip = makeZip([{ path: 'index.mjs', content: 'x'.repeat(5000), statedSize: 10 }]);
  const runtime = await runToExit({ env: await archiveEnv(zip) });
  expect(runtime.exit.code).toBe(78);
  expect(runtime.termination()).toMatchObject({ message: expect.stringMatching(/too many bytes|more than/) });
});

it('refuses what is no archive', async () => {
  const runtime = await runToExit({ env: await archiveEnv(Buffer.from('<html>')) });
  expect(runtime.termination()).toMatchObject({
    message: expect.stringContaining('is neither a .zip nor a .tar.gz file'),
  });
});

describe('the server', () => {
  const bytes = makeZip(entries);
  const env = (url: string) => ({ CATNAP_ARCHIVE_URL: url, CATNAP_ARCHIVE_SHA256: sha256(bytes) });

  it('may redirect', async () => {
    const url = await serve(({ url }, response) => {
      if (url === '/final') response.end(bytes);
      else response.writeHead(302, { location: url === '/' ? '/next' : './final' }).end();
    });
    const runtime = await startRuntime({ env: env(`${url}/`) });
    expect((await fetch(runtime.url)).status).toBe(200);
  });

  it.each<[string, RequestListener, string]>([
    [
      'redirects without end',
      (_, response) => void response.writeHead(307, { location: '/' }).end(),
      'redirects more than 5 times',
    ],
    [
      'redirects to a file',
      (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'redirects to file:, which is not http or https',
    ],
    ['does not have it', (_, response) => void response.writeHead(404).end('no'), 'the server answers 404'],
    [
      'breaks off',
      (_, response) =>
        void response.writeHead(200, { 'content-length': 1000 }).write('PK', () => response.destroy()),
      'terminated',
    ],
  ])('that %s is named', async (_, listener, message) => {
    const url = await serve(listener);
    const runtime = await runToExit({ env: env(`${url}/a.zip`) });
    expect(runtime.exit.code).toBe(78);
    expect(runtime.termination()).toMatchObject({
      message: expect.stringContaining(`archive ${url}/a.zip: ${message}`),
    });
  });

  it('that cannot be reached is named', async () => {
    const runtime = await runToExit({ env: env('http://127.0.0.1:1/a.zip') });
    expect(runtime.termination()).toMatchObject({
      message: expect.stringMatching(/^archive http:\/\/127\.0\.0\.1:1\/a\.zip: fetch failed/),
    });
  });
});
