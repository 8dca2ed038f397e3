import { describe, expect, it } from 'vitest';
import { startRuntime, useRuntime } from './runtime.ts';

useRuntime();

const values = `
import { Readable } from 'node:stream';
const results = {
  text: () => 'grüße',
  empty: () => undefined,
  nothing: () => null,
  number: () => 42,
  no: () => false,
  json: () => ({ a: [1, null, 'x'] }),
  array: () => [1, 2],
  bytes: () => Buffer.from([0, 255]),
  words: () => new Uint16Array([0x6968]),
  response: () => new Response('made', { status: 201, headers: [['x-a', '1'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']] }),
  noBody: () => new Response(null, { status: 304 }),
  readable: () => Readable.from(['a', 'b']),
  web: () => new ReadableStream({ start(c) { c.enqueue(new Uint8Array([104, 105])); c.close(); } }),
  generator: async function* () { yield 'one '; yield 'two'; },
  emptyStream: async function* () {},
  proxy: () => ({ statusCode: 418, headers: { 'X-Tea': 'pot', 'content-type': 'text/html' }, body: '<p>' }),
  proxyBase64: () => ({ statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'AP8=', isBase64Encoded: true }),
  proxyMulti: () => ({ statusCode: 200, multiValueHeaders: { 'x-many': ['1', '2'] }, cookies: ['a=1', 'b=2'] }),
  proxyStream: () => ({ statusCode: 200, headers: { 'content-type': 'text/csv' }, body: Readable.from(['1,', '2']) }),
  proxyObject: () => ({ statusCode: 202, body: { queued: true } }),
  almostProxy: () => ({ statusCode: 200, note: 'this is data' }),
  badStatus: () => ({ statusCode: 99 }),
  aFunction: () => () => 1,
  badHeader: () => ({ statusCode: 200, headers: { 'x-a': 'line\\nbreak' }, body: 'x' }),
  forged: () => ({ statusCode: 503, headers: { 'x-catnap-rejected': 'draining', 'x-catnap-error': 'X', 'x-catnap-running': '99', connection: 'close', 'transfer-encoding': 'gzip' }, body: 'mine' }),
};
export const handler = (event) => results[event.query.case]();
export const later = async (event) => results[event.query.case]();
`;

interface Expected {
  status: number;
  type?: string | null;
  body?: string | Uint8Array;
  headers?: Record<string, string | null>;
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const BYTES = 'application/octet-stream';

const cases: [string, Expected][] = [
  ['text', { status: 200, type: TEXT, body: 'grüße', headers: { 'content-length': '7' } }],
  ['empty', { status: 204, type: null, body: '', headers: { 'content-length': null } }],
  ['nothing', { status: 200, type: JSON_TYPE, body: 'null' }],
  ['number', { status: 200, type: JSON_TYPE, body: '42' }],
  ['no', { status: 200, type: JSON_TYPE, body: 'false' }],
  ['json', { status: 200, type: JSON_TYPE, body: '{"a":[1,null,"x"]}' }],
  ['array', { status: 200, type: JSON_TYPE, body: '[1,2]' }],
  ['bytes', { status: 200, type: BYTES, body: new Uint8Array([0, 255]) }],
  ['words', { status: 200, type: BYTES, body: 'hi' }],
  [
    'response',
    {
      status: 201,
      type: 'text/plain;charset=UTF-8',
      body: 'made',
      headers: { 'x-a': '1', 'set-cookie': 'a=1, b=2' },
    },
  ],
  ['noBody', { status: 304, type: null, body: '' }],
  ['readable', { status: 200, type: TEXT, body: 'ab' }],
  ['web', { status: 200, type: BYTES, body: 'hi', headers: { 'transfer-encoding': 'chunked' } }],
  ['generator', { status: 200, type: TEXT, body: 'one two' }],
  ['emptyStream', { status: 200, type: BYTES, body: '' }],
  ['proxy', { status: 418, type: 'text/html', body: '<p>', headers: { 'x-tea': 'pot' } }],
  ['proxyBase64', { status: 200, type: 'image/png', body: new Uint8Array([0, 255]) }],
  [
    'proxyMulti',
    { status: 200, type: null, body: '', headers: { 'x-many': '1, 2', 'set-cookie': 'a=1, b=2' } },
  ],
  ['proxyStream', { status: 200, type: 'text/csv', body: '1,2' }],
  ['proxyObject', { status: 202, type: JSON_TYPE, body: '{"queued":true}' }],
  ['almostProxy', { status: 200, type: JSON_TYPE, body: '{"statusCode":200,"note":"this is data"}' }],
  [
    'forged',
    {
      status: 503,
      body: 'mine',
      headers: {
        'x-catnap-rejected': null,
        'x-catnap-error': null,
        'x-catnap-running': '1',
        connection: 'keep-alive',
      },
    },
  ],
  [
    'badStatus',
    { status: 500, type: 'application/problem+json', headers: { 'x-catnap-error': 'HandlerError' } },
  ],
  ['aFunction', { status: 500, headers: { 'x-catnap-error': 'HandlerError' } }],
  ['badHeader', { status: 500, headers: { 'x-catnap-error': 'HandlerError', 'x-a': null } }],
];

async function expectAnswer(response: Response, { status, type, body, headers }: Expected): Promise<void> {
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(response.status).toBe(status);
  if (type !== undefined) expect(response.headers.get('content-type')).toBe(type);
  if (typeof body === 'string') expect(bytes.toString()).toBe(body);
  else if (body) expect(bytes).toEqual(Buffer.from(body));
  for (const [name, value] of Object.entries(headers ?? {})) {
    expect(response.headers.get(name), name).toBe(value);
  }
}

describe.each(['handler', 'later'])('what index.%s returns', (exported) => {
  it('becomes the documented answer', async () => {
    const { url } = await startRuntime({ files: { 'index.mjs': values }, handler: `index.${exported}` });
    for (const [name, expected] of cases) {
      const response = await fetch(`${url}/?case=${name}`);
      await expectAnswer(response, expected).catch((error) => {
        throw new Error(`case ${name}: ${error.message}`, { cause: error });
      });
    }
  });
});

it('answers HEAD without a body', async () => {
  const { url } = await startRuntime({ files: { 'index.mjs': values } });
  const response = await fetch(`${url}/?case=text`, { method: 'HEAD' });
  await expectAnswer(response, { status: 200, type: TEXT, body: '', headers: { 'content-length': '7' } });
});

it('describes the call to an event handler', async () => {
  const { url } = await startRuntime({
    files: {
      'index.mjs': `export const handler = async (event, context) => ({
        method: event.method, path: event.path, query: event.query, rawQuery: event.rawQuery,
        header: event.headers['x-probe'], text: await event.text(), json: await event.json(), bytes: (await event.bytes()).length,
        functionName: context.functionName, namespace: context.namespace, revision: context.revision,
        requestId: context.requestId, left: context.remainingMs(), deadline: context.deadline,
        aborted: context.signal.aborted, invocationId: context.invocationId, attempt: context.attempt,
      });`,
    },
    env: { CATNAP_TIMEOUT_SECONDS: '7' },
  });
  const before = Date.now();
  const response = await fetch(`${url}/a%20b/c?x=1&y=2&y=%C3%A4&z`, {
    method: 'POST',
    body: '{"a":1}',
    headers: {
      'x-probe': 'p',
      'x-request-id': 'id-1',
      'x-catnap-invocation-id': 'inv',
      'x-catnap-attempt': '2',
    },
  });
  const { left, deadline, ...rest } = (await response.json()) as Record<string, number>;
  expect(rest).toEqual({
    method: 'POST',
    path: '/a%20b/c',
    query: { x: '1', y: ['2', 'ä'], z: '' },
    rawQuery: 'x=1&y=2&y=%C3%A4&z',
    header: 'p',
    text: '{"a":1}',
    json: { a: 1 },
    bytes: 7,
    functionName: 'probe',
    namespace: 'tests',
    revision: 'r1',
    requestId: 'id-1',
    aborted: false,
    invocationId: 'inv',
    attempt: 2,
  });
  expect(left).toBeGreaterThan(5_000);
  expect(left).toBeLessThanOrEqual(7_000);
  expect(deadline).toBeGreaterThanOrEqual(before + 7_000);
});

describe('a fetch handler', () => {
  const app = `export default {
    greeting: 'hi',
    async fetch(request, env, ctx) {
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20)).then(() => console.log('afterwards')));
      const { pathname, host, protocol } = new URL(request.url);
      return Response.json({ greeting: this.greeting, method: request.method, pathname, host, protocol,
        body: await request.text(), env: env.PROBE, id: ctx.requestId, header: request.headers.get('x-probe') });
    },
  };`;
  const options = { files: { 'index.mjs': app }, handler: 'index.default', env: { PROBE: 'set' } };

  it('gets a web Request, the environment and ctx', async () => {
    const runtime = await startRuntime(options);
    const response = await fetch(`${runtime.url}/x?y=1`, {
      method: 'PUT',
      body: 'content',
      headers: {
        'x-probe': 'p',
        'x-request-id': 'id-2',
        'x-forwarded-host': 'shop.example',
        'x-forwarded-proto': 'https',
      },
    });
    expect(await response.json()).toEqual({
      greeting: 'hi',
      method: 'PUT',
      pathname: '/x',
      host: 'shop.example',
      protocol: 'https:',
      body: 'content',
      env: 'set',
      id: 'id-2',
      header: 'p',
    });
    await expect
      .poll(() => runtime.logs().find(({ msg }) => msg === 'afterwards')?.requestId, { timeout: 5_000 })
      .toBe('id-2');
  });

  it('may not return anything but a Response', async () => {
    const files = { 'index.mjs': 'export default { fetch: () => "text" }' };
    const runtime = await startRuntime({ files, handler: 'index.default' });
    const response = await fetch(runtime.url);
    expect(response.status).toBe(500);
    expect(JSON.stringify(runtime.logs())).toContain('fetch must return a Response, not string');
  });
});

it.each([
  ['CommonJS by extension', 'index.cjs', 'exports.handler = () => "ok"'],
  ['CommonJS by default', 'index.js', 'module.exports = { handler: () => "ok" }'],
  [
    'CommonJS that Node cannot analyse',
    'index.cjs',
    'module.exports = Object.fromEntries([["handler", () => "ok"]])',
  ],
  ['an ES module by its syntax', 'index.js', 'export const handler = () => "ok"'],
  ['TypeScript', 'index.ts', 'export const handler = (event: { path: string }): string => "ok"'],
  ['TypeScript as an ES module', 'index.mts', 'export const handler = (): string => "ok"'],
])('loads %s', async (_, file, content) => {
  const { url } = await startRuntime({ files: { [file]: content } });
  expect(await (await fetch(url)).text()).toBe('ok');
});

it('honours package.json', async () => {
  const files = {
    'package.json': '{ "type": "module", "imports": { "#lib": "./src/lib.js" } }',
    'src/index.js': 'import { answer } from "#lib"; export const main = () => answer;',
    'src/lib.js': 'export const answer = "from #lib";',
  };
  const { url } = await startRuntime({ files, handler: 'src/index.main' });
  expect(await (await fetch(url)).text()).toBe('from #lib');
});
