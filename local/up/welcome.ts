/** What to do next, for the user in front of the terminal. */
import { findExecutable } from './executable.ts';
import { binDirectory, kubectlPath } from './kubectl-binary.ts';
import type { Platform } from './platform.ts';

/** Lines with the addresses, the environment to set, and three things to try. */
export async function welcome(platform: Platform): Promise<string[]> {
  const path = (await pathHint()).map((line) => `  ${line}`);
  return [
    '',
    `Gateway  ${platform.gatewayUrl}`,
    `Logs     ${platform.state.file('logs')}`,
    '',
    'In another terminal:',
    `  export KUBECONFIG=${platform.kubeconfig}`,
    ...path,
    'and try:',
    `  curl ${platform.gatewayUrl}/fn/default/hello`,
    '  kubectl get functions --watch',
    '  kubectl explain function.spec.scaling',
    '',
    'What happens to your functions shows below. Ctrl-C stops everything.',
    '',
  ];
}

async function pathHint(): Promise<string[]> {
  if (findExecutable('kubectl')) return [];
  try {
    await kubectlPath();
    return [`export PATH="$PATH:${binDirectory}"   # a kubectl is in there`];
  } catch (error) {
    return [`# ${(error as Error).message}`];
  }
}
