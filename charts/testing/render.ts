/** Renders the chart with the real helm, without a cluster. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Pod, PodSpec, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { parseAllDocuments } from 'yaml';
import { helmPath } from '#test/tools/binaries.ts';

const chart = fileURLToPath(new URL('../catnap', import.meta.url));
/** Instead of the user's own, whose configuration of helm must not count. */
const HOME = fileURLToPath(new URL('../../node_modules/.cache/catnap/helm-home', import.meta.url));

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/**
 * Runs helm against the chart; rejects with what it printed on standard error.
 *
 * @param kubeconfig without one no cluster is asked, whatever the machine is configured for
 */
export async function helm(
  command: string[],
  settings: string[] = [],
  kubeconfig = '/dev/null',
): Promise<string> {
  const args = [...command, ...settings.flatMap((setting) => ['--set-json', setting])];
  const binary = await helmPath();
  const env = { PATH: process.env.PATH, HOME, KUBECONFIG: kubeconfig };
  return new Promise((resolve, reject) => {
    execFile(binary, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr || error.message));
      else resolve(stdout);
    });
  });
}

export const lint = (settings: string[] = []): Promise<string> => helm(['lint', '--strict', chart], settings);

/** What `helm install` says at its end. */
export async function notes(settings: string[] = []): Promise<string> {
  const command = ['install', 'catnap', chart, '--namespace', 'catnap-system', '--dry-run=client'];
  const output = await helm(command, settings);
  return output.slice(output.indexOf('NOTES:'));
}

/** The chart's objects for these settings (`path=JSON`). */
export async function render(settings: string[] = [], release = 'catnap'): Promise<Manifest[]> {
  return manifestsIn(await helm(['template', release, chart, '--namespace', 'catnap-system'], settings));
}

/** The chart's objects as an upgrade has them, which knows what the cluster holds. */
export async function renderUpgrade(kubeconfig: string, settings: string[] = []): Promise<Manifest[]> {
  const command = ['template', 'catnap', chart, '--namespace', 'catnap-system', '--is-upgrade'];
  return manifestsIn(
    await helm([...command, '--dry-run=server', '--disable-openapi-validation'], settings, kubeconfig),
  );
}

function manifestsIn(output: string): Manifest[] {
  return parseAllDocuments(output)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as Manifest | null;
    })
    .filter((manifest) => manifest !== null);
}

/** The one object of this kind whose name ends so. */
export function pick<T = Manifest>(manifests: Manifest[], kind: string, suffix = ''): T {
  const found = manifests.filter((item) => item.kind === kind && item.metadata.name.endsWith(suffix));
  if (found.length !== 1) throw new Error(`${found.length} objects are ${kind} …${suffix}`);
  return found[0] as T;
}

/** Deployments and StatefulSets. */
export const workloads = (manifests: Manifest[]) =>
  manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet') as unknown as (
    | Deployment
    | StatefulSet
  )[];
export const templateOf = (workload: Deployment | StatefulSet) => workload.spec?.template as PodTemplateSpec;
export const containerOf = (workload: Deployment | StatefulSet) => templateOf(workload).spec?.containers[0];

/** Of workloads and single pods. */
export const podSpecs = (manifests: Manifest[]): PodSpec[] => [
  ...workloads(manifests).map((workload) => templateOf(workload).spec as PodSpec),
  ...manifests.filter(({ kind }) => kind === 'Pod').map((pod) => (pod as Pod).spec as PodSpec),
];

/** By name; the value, or where it comes from. */
export const envOf = (workload: Deployment) =>
  Object.fromEntries(
    (containerOf(workload)?.env ?? []).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );
