/** The real helm against a real cluster. */
import { run } from '#test/cluster/host/run.ts';
import { helmPath } from '#test/tools/binaries.ts';

export interface Release {
  name: string;
  namespace: string;
}

const TIMEOUT_MS = 5 * 60_000;

/** Runs helm; returns its stdout. Throws with what it printed on standard error. */
export async function helm(kubeconfig: string, release: Release, args: string[]): Promise<string> {
  const all = [...args, '--namespace', release.namespace, '--kubeconfig', kubeconfig];
  return run(await helmPath(), all, { timeoutMs: TIMEOUT_MS });
}

/** `path=JSON` arguments for helm out of a nested object of values. */
export function setArguments(values: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    // A dot in a key, as annotations have, is part of the key.
    const path = `${prefix}${key.replaceAll('.', '\\.')}`;
    return isNested(value)
      ? setArguments(value, `${path}.`)
      : ['--set-json', `${path}=${JSON.stringify(value)}`];
  });
}

const isNested = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
