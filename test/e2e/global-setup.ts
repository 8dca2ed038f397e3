/** One platform for the whole suite: brought up for `local` and `real`, taken as it is for `current`. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { Platform } from '#local/up/platform.ts';
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { startSupervisedPlatform } from '#test/harness/platform.ts';
import { openRealPlatform } from '#test/harness/real-platform.ts';
import { ENVIRONMENT } from './support/environment.ts';

/** What the test files learn about the platform. */
export interface PlatformUnderTest {
  cluster: 'local' | 'current' | 'real';
  kubeconfig: string;
  gatewayUrl: string;
  /** The only gateway's metrics and probes; absent where there are several, or where it cannot be reached. */
  controlUrl?: string;
  /** Directory with NAME.pid for each process of the platform; local only. */
  stateDir?: string;
  /** The machines, whose processes are ours to kill; real only. */
  nodes?: ClusterNode[];
}

declare module 'vitest' {
  interface ProvidedContext {
    platform: PlatformUnderTest;
  }
}

interface Opened {
  platform: PlatformUnderTest;
  close(): Promise<void>;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const open = { current, real }[process.env[ENVIRONMENT.cluster] ?? ''] ?? local;
  const { platform, close } = await open();
  project.provide('platform', platform);
  return close;
}

async function local(): Promise<Opened> {
  const fixture = fileURLToPath(new URL('./fixtures/web-server.ts', import.meta.url));
  const platform = await startSupervisedPlatform({
    images: { 'catnap-test-web:1': { command: [process.execPath, fixture] } },
    say,
  });
  return { platform: embedded(platform), close: platform.stop };
}

/** What tests learn about a platform on the embedded cluster. */
export function embedded({ kubeconfig, gatewayUrl, controlUrl, state }: Platform): PlatformUnderTest {
  return { cluster: 'local', kubeconfig, gatewayUrl, controlUrl, stateDir: state.path };
}

async function real(): Promise<Opened> {
  const { kubeconfig, gatewayUrl, nodes, close } = await openRealPlatform({
    nodes: process.env[ENVIRONMENT.nodes] === '1' ? 1 : 2,
    keep: process.env[ENVIRONMENT.keep] === 'true',
    say,
  });
  return { platform: { cluster: 'real', kubeconfig, gatewayUrl, nodes }, close };
}

async function current(): Promise<Opened> {
  const platform: PlatformUnderTest = {
    cluster: 'current',
    kubeconfig: process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config'),
    gatewayUrl: (process.env.CATNAP_GATEWAY_URL ?? '').replace(/\/$/, ''),
    controlUrl: process.env.CATNAP_CONTROL_URL?.replace(/\/$/, ''),
  };
  return { platform, close: async () => {} };
}
