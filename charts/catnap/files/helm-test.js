/** `helm test`: asks every pod how it is, and the gateway for a function that does not exist. */
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const { CATNAP_TEST_PROBES = '', CATNAP_TEST_GATEWAY = '', CATNAP_TEST_SECONDS = '60' } = process.env;
const deadline = performance.now() + Number(CATNAP_TEST_SECONDS) * 1_000;
const say = (line) => process.stdout.write(`${line}\n`);

/** Repeats a check that throws, until time is up. */
async function check(name, attempt) {
  for (;;) {
    try {
      say(`ok      ${name}: ${await attempt()}`);
      return true;
    } catch (error) {
      if (performance.now() > deadline) {
        say(`FAILED  ${name}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`);
        return false;
      }
      await sleep(500);
    }
  }
}

async function answer(url, status) {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const body = await response.text();
  if (response.status !== status)
    throw new Error(`${url} answered ${response.status}: ${body.slice(0, 200)}`);
  return { response, body };
}

/** Behind a headless Service: each pod for itself. */
async function probe(service) {
  const { hostname, port } = new URL(`http://${service}`);
  const pods = await lookup(hostname, { all: true });
  for (const { address, family } of pods) {
    const host = family === 6 ? `[${address}]` : address;
    for (const path of ['/livez', '/readyz']) await answer(`http://${host}:${port}${path}`, 200);
  }
  return `${pods.length} alive and ready`;
}

/** Only a gateway that has read all Functions from the Kubernetes API knows that this one is not among them. */
async function functions() {
  const { response, body } = await answer(`${CATNAP_TEST_GATEWAY}/fn/default/catnap-helm-test-absent`, 404);
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    throw new Error(`something else than the gateway answers: ${body.slice(0, 200)}`);
  }
  return JSON.parse(body).detail;
}

const results = [];
for (const service of CATNAP_TEST_PROBES.split(' ').filter(Boolean)) {
  results.push(await check(service, () => probe(service)));
}
results.push(await check(CATNAP_TEST_GATEWAY, functions));
process.exitCode = results.every(Boolean) ? 0 : 1;
