/** One platform for the whole suite: started here for `local`, taken as it is for `current`. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { supervise } from '#local/up/supervise.ts';
import { startPlatform } from '#test/harness/platform.ts';

/** What the test files learn about the platform. */
export interface PlatformUnderTest {
  cluster: 'local' | 'current';
  kubeconfig: string;
  gatewayUrl: string;
  /** The gateway's metrics and probes; absent when they cannot be reached. */
  controlUrl?: string;
  /** Directory with NAME.pid for each process of the platform; local only. */
  stateDir?: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    platform: PlatformUnderTest;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env.CATNAP_E2E_CLUSTER === 'current') {
    project.provide('platform', current());
    return async () => {};
  }
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const fixture = fileURLToPath(new URL('./fixtures/web-server.ts', import.meta.url));
  const platform = await startPlatform({
    images: { 'catnap-test-web:1': { command: [process.execPath, fixture] } },
    say,
  });
  const stopped = new AbortController();
  for (const component of platform.components) supervise(component, stopped.signal, say);
  project.provide('platform', {
    cluster: 'local',
    kubeconfig: platform.kubeconfig,
    gatewayUrl: platform.gatewayUrl,
    controlUrl: platform.controlUrl,
    stateDir: platform.state.path,
  });
  return async () => {
    stopped.abort();
    await platform.stop();
  };
}

function current(): PlatformUnderTest {
  return {
    cluster: 'current',
    kubeconfig: process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config'),
    gatewayUrl: (process.env.CATNAP_GATEWAY_URL ?? '').replace(/\/$/, ''),
    controlUrl: process.env.CATNAP_CONTROL_URL?.replace(/\/$/, ''),
  };
}
