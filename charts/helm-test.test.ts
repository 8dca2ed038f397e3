import { execFile } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '#kube/probes.ts';
import { containerOf, pick, render } from './testing/render.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  return `127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
}

const healthy: RequestListener = ({ url }, response) => {
  response.writeHead(url === '/livez' || url === '/readyz' ? 200 : 404).end('ok');
};
const gateway: RequestListener = (_, response) => {
  response.writeHead(404, { 'content-type': 'application/problem+json' });
  response.end('{"detail":"There is no function default/catnap-helm-test-absent."}');
};

/** Runs what the pod runs. */
async function run(probes: string[], url: string): Promise<{ code: number; output: string }> {
  const pod = pick<Pod>(await render(), 'Pod');
  const [container] = pod.spec?.containers ?? [];
  const [, ...options] = container?.command ?? [];
  const env = { CATNAP_TEST_PROBES: probes.join(' '), CATNAP_TEST_GATEWAY: url, CATNAP_TEST_SECONDS: '0' };
  return new Promise((resolve) => {
    execFile(process.execPath, [...options, ...(container?.args ?? [])], { env }, (error, output) => {
      resolve({ code: Number(error?.code ?? 0), output });
    });
  });
}

describe('helm test', () => {
  it('is a pod that Helm runs when asked, and removes when it succeeded', async () => {
    const manifests = await render();
    const pod = pick<Pod>(manifests, 'Pod');
    expect(pod.metadata?.annotations).toEqual({
      'helm.sh/hook': 'test',
      'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
    });
    expect(pod.spec).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false });
    const [container] = pod.spec?.containers ?? [];
    expect(container?.image).toBe(containerOf(pick(manifests, 'Deployment', 'gateway'))?.image);
    const services = manifests.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
    const { CATNAP_TEST_PROBES: probes = '', CATNAP_TEST_GATEWAY: url = '' } = Object.fromEntries(
      (container?.env ?? []).map(({ name, value }) => [name, value]),
    );
    const hosts = [...probes.split(' ').map((probe) => probe.split(':')[0]), new URL(url).hostname];
    expect(hosts).toHaveLength(3);
    for (const host of hosts) expect(services).toContain(host);
  });

  it('succeeds when all pods are well and the gateway knows all functions', async () => {
    const probes = [await serve(healthy), await serve(healthy)];
    const { code, output } = await run(probes, `http://${await serve(gateway)}`);
    expect(output).toContain('1 alive and ready');
    expect(output).toContain('There is no function');
    expect(code).toBe(0);
  });

  it('fails with the reason when a pod is not ready', async () => {
    const drains: RequestListener = ({ url }, response) => {
      response.writeHead(url === '/readyz' ? 503 : 200).end('draining');
    };
    const { code, output } = await run([await serve(drains)], `http://${await serve(gateway)}`);
    expect(output).toMatch(/FAILED .*\/readyz answered 503: draining/);
    expect(code).toBe(1);
  });

  it('fails when something else answers in place of the gateway, or nothing', async () => {
    const other = await run(
      [],
      `http://${await serve((_, response) => response.writeHead(404).end('nginx'))}`,
    );
    expect(other).toMatchObject({
      code: 1,
      output: expect.stringContaining('something else than the gateway'),
    });
    const nobody = await run([], 'http://127.0.0.1:1');
    expect(nobody).toMatchObject({ code: 1, output: expect.stringContaining('FAILED') });
  });
});
