/** Real pods that announce themselves to real gateways, which learn nothing else about where they are. */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { announceKey, announceToken } from '#crds/wire/announcement.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import {
  ENCRYPTION_KEY,
  type Fixture,
  freePort,
  NAMESPACE,
  startFixture,
  withRedis,
} from '../gateway/fixture.ts';
import { startNameServer } from './name-server.ts';
import { type Runtime, startRuntime, useRuntime } from './runtime.ts';

useRuntime();

let redis: TestRedis;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startGateway(env: Record<string, string> = {}, podPort?: number): Promise<Fixture> {
  const fixture = await startFixture({ ...withRedis(redis.url), ...env }, { podPort });
  ends.push(() => fixture.stop());
  fixture.addFunction('hello');
  return fixture;
}

const urlOf = ({ gateway }: Fixture) => `http://127.0.0.1:${gateway.announcePort}`;
const path = `/fn/${NAMESPACE}/hello`;
const files = { 'index.mjs': "export const handler = async () => 'hi'" };

/** A pod of `hello` as the operator and a kubelet would start it. */
function startPod(
  { name, address }: { name: string; address: string },
  { podPort }: { podPort: number },
  env: Record<string, string>,
  code = files,
): Promise<Runtime> {
  return startRuntime({
    files: code,
    env: {
      HOST: address,
      PORT: String(podPort),
      CATNAP_FUNCTION_NAME: 'hello',
      CATNAP_FUNCTION_NAMESPACE: NAMESPACE,
      CATNAP_ANNOUNCE_TOKEN: announceToken(
        announceKey(Buffer.from(ENCRYPTION_KEY, 'base64')),
        `${NAMESPACE}/hello`,
      ),
      CATNAP_POD_UID: `uid-${name}`,
      ...env,
    },
  });
}

const warnings = (pod: Runtime) => pod.logs().filter(({ level }) => level === 'warn');
const isUp = ({ gateway }: Fixture) => gateway.invoker.table.get(`${NAMESPACE}/hello`)?.hasPodUp;

it('a cold start does not wait for the status of the pod', async () => {
  const fixture = await startGateway();
  const place = fixture.reserve();
  const pod = Promise.withResolvers<Runtime>();
  fixture.scales.onSet = () => {
    fixture.tellPod('hello', { name: place.name }, { ready: false });
    pod.resolve(startPod(place, fixture, { CATNAP_ANNOUNCE_URL: urlOf(fixture) }));
  };
  expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'hi' });
  // Much later, the kubelet reports.
  fixture.tellPod('hello', place);
  expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'hi' });
  expect(warnings(await pod.promise)).toEqual([]);
});

it('every gateway behind the name is told', async () => {
  const [announcePort, podPort] = [await freePort(), await freePort()];
  const names = await startNameServer({ 'gateways.catnap-system.svc': ['127.0.0.1', '127.0.0.2'] });
  ends.push(() => names.stop());
  const port = { CATNAP_ANNOUNCE_PORT: String(announcePort) };
  const gateways = [
    await startGateway(port, podPort),
    await startGateway({ ...port, CATNAP_ANNOUNCE_HOST: '127.0.0.2' }, podPort),
  ];
  const place = { name: 'pod', address: '127.64.0.9' };
  for (const fixture of gateways) fixture.tellPod('hello', { name: place.name }, { ready: false });
  const pod = await startPod(
    place,
    { podPort },
    {
      CATNAP_ANNOUNCE_URL: `http://gateways.catnap-system.svc:${announcePort}`,
      NODE_OPTIONS: `--import ${asksOnly(names.address)}`,
    },
  );
  await waitFor(() => gateways.every(isUp), { describe: 'both gateways to know', timeoutMs: 3_000 });
  for (const fixture of gateways) expect(await fixture.call(path)).toMatchObject({ body: 'hi' });
  expect(names.asked).toContain('gateways.catnap-system.svc');
  expect(warnings(pod)).toEqual([]);
});

/** A module for a process that is to use another name server than the machine's. */
function asksOnly(address: string): string {
  const code = `import dns from 'node:dns';
    const { Resolver } = dns.promises;
    dns.promises.Resolver = class extends Resolver {
      constructor(options) { super(options); this.setServers(['${address}']); }
    };`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

it('a gateway that comes up while the pod tries is told as well', async () => {
  const announcePort = await freePort();
  const [podPort, place] = [await freePort(), { name: 'pod', address: '127.64.0.9' }];
  const pod = await startPod(place, { podPort }, { CATNAP_ANNOUNCE_URL: `http://127.0.0.1:${announcePort}` });
  const late = await startGateway({ CATNAP_ANNOUNCE_PORT: String(announcePort) }, podPort);
  late.tellPod('hello', { name: place.name }, { ready: false });
  expect(await late.call(path)).toMatchObject({ status: 200, body: 'hi' });
  expect(warnings(pod)).toEqual([]);
});

it.each([
  ['the token of another function', { CATNAP_ANNOUNCE_TOKEN: 'A'.repeat(43) }, 401],
  ["another function's pod", { CATNAP_POD_UID: 'uid-other' }, 403],
  ['a pod that is elsewhere', { CATNAP_POD_UID: 'uid-elsewhere' }, 409],
])('with %s it is refused, says so once and serves', async (_, env, status) => {
  const fixture = await startGateway();
  fixture.tellPod('other', { name: 'other' }, { ready: false });
  fixture.tellPod('hello', { name: 'elsewhere', address: fixture.reserve().address }, { ready: false });
  const pod = await startPod(fixture.reserve(), fixture, { CATNAP_ANNOUNCE_URL: urlOf(fixture), ...env });
  await waitFor(() => warnings(pod).length > 0, { describe: 'a warning', timeoutMs: 2_000 });
  expect(warnings(pod)).toMatchObject([{ errors: [`127.0.0.1: refused with status ${status}`] }]);
  expect(isUp(fixture)).toBe(false);
});

it('a gateway that is not there costs one line of the log, after three seconds at most', async () => {
  const fixture = await startGateway();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const place = fixture.reserve();
  const pod = await startPod(place, fixture, { CATNAP_ANNOUNCE_URL: nowhere });
  const started = performance.now();
  const answer = await fetch(`http://${place.address}:${fixture.podPort}/`);
  expect(await answer.text()).toBe('hi');
  await waitFor(() => warnings(pod).length > 0, { describe: 'a warning', timeoutMs: 4_000 });
  expect(performance.now() - started).toBeLessThan(3_500);
  expect(warnings(pod)).toHaveLength(1);
});

it('a gateway that does not answer holds nothing up, not even the end', async () => {
  const fixture = await startGateway();
  const mute = await startMute();
  const place = fixture.reserve();
  const pod = await startPod(place, fixture, {
    CATNAP_ANNOUNCE_URL: `http://127.0.0.1:${(mute.address() as AddressInfo).port}`,
  });
  const answer = await fetch(`http://${place.address}:${fixture.podPort}/`, {
    headers: { connection: 'close' },
  });
  expect(await answer.text()).toBe('hi');
  pod.kill('SIGTERM');
  const { code } = await pod.exited;
  expect(code).toBe(0);
  expect(warnings(pod)).toEqual([]);
});

/** Takes connections and says nothing. */
async function startMute(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return server;
}

it('the function does not see the token', async () => {
  const fixture = await startGateway();
  const place = fixture.reserve();
  const code = { 'index.mjs': 'export const handler = async () => Object.keys(process.env)' };
  await startPod(place, fixture, { CATNAP_ANNOUNCE_URL: urlOf(fixture) }, code);
  const seen = await (await fetch(`http://${place.address}:${fixture.podPort}/`)).json();
  expect(seen).toContain('CATNAP_POD_UID');
  expect(seen).not.toContain('CATNAP_ANNOUNCE_TOKEN');
});
