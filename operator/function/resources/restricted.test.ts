/** https://kubernetes.io/docs/concepts/security/pod-security-standards/, each control of the restricted profile. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Container, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { poolDeployment } from '../../pool/resources.ts';
import { shapeOf } from '../../pool/shape.ts';
import { aFunction, inlineSpec } from '../fixtures.ts';
import { functionDeployment } from './deployment.ts';

const none = { source: undefined, handler: undefined, runtime: undefined };
const archive = { url: 'https://example.com/code.zip', sha256: 'a'.repeat(64) };
const kinds: [string, Partial<FunctionSpec>][] = [
  ['inline code', {}],
  ['a ConfigMap', { source: { configMap: { name: 'code' } } }],
  ['an archive', { source: { archive } }],
  ['an image', { ...none, image: 'ghcr.io/acme/app:1' }],
];

const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const typesOf = (volume: Volume) => Object.keys(volume).filter((key) => key !== 'name');
/** What a policy says of the pod has to hold for the pod or for each container. */
const either = (
  pod: PodSpec,
  container: Container,
  field: 'runAsUser' | 'seLinuxOptions' | 'windowsOptions',
) => container.securityContext?.[field] ?? pod.securityContext?.[field];

const controls: [string, (pod: PodSpec, container: Container) => boolean][] = [
  // Baseline
  ['no host process', (pod, container) => either(pod, container, 'windowsOptions') === undefined],
  ['no host namespaces', (pod) => !pod.hostNetwork && !pod.hostPID && !pod.hostIPC],
  ['not privileged', (_, { securityContext }) => !securityContext?.privileged],
  ['no added capabilities', (_, { securityContext }) => !securityContext?.capabilities?.add?.length],
  ['no host paths', (pod) => pod.volumes?.every(({ hostPath }) => hostPath === undefined) ?? true],
  ['no host ports', (_, { ports }) => ports?.every(({ hostPort }) => !hostPort) ?? true],
  ['no hosts in probes', (_, container) => !JSON.stringify(container).includes('"host":')],
  ['no SELinux options', (pod, container) => either(pod, container, 'seLinuxOptions') === undefined],
  ['the default /proc', (_, { securityContext }) => securityContext?.procMount === undefined],
  ['no sysctls', (pod) => pod.securityContext?.sysctls === undefined],
  // Restricted
  [
    'only volumes that are safe',
    (pod) => pod.volumes?.flatMap(typesOf).every((it) => VOLUMES.has(it)) ?? true,
  ],
  [
    'no privilege escalation',
    (_, { securityContext }) => securityContext?.allowPrivilegeEscalation === false,
  ],
  [
    'runAsNonRoot',
    (pod, { securityContext }) => (securityContext ?? pod.securityContext)?.runAsNonRoot === true,
  ],
  ['not as user 0', (pod, container) => either(pod, container, 'runAsUser') !== 0],
  ['the seccomp profile', (pod) => pod.securityContext?.seccompProfile?.type === 'RuntimeDefault'],
  ['no capabilities', (_, it) => it.securityContext?.capabilities?.drop?.join() === 'ALL'],
  // Beyond the profile
  ['no token', (pod) => pod.automountServiceAccountToken === false],
  ['no addresses of Services', (pod) => pod.enableServiceLinks === false],
  ['a read-only root', (_, { securityContext }) => securityContext?.readOnlyRootFilesystem === true],
  [
    'a bound on scratch space',
    (pod) => pod.volumes?.every(({ emptyDir }) => !emptyDir || emptyDir.sizeLimit) ?? false,
  ],
  ['a bound on memory', (_, { resources }) => resources?.limits?.memory !== undefined],
];

const settings = { runtimeImage: 'runtime:1' };
const deployments: [string, Deployment][] = [
  ...kinds.map(([name, spec]): [string, Deployment] => [
    `a function of ${name}`,
    functionDeployment(aFunction({ spec: inlineSpec(spec) }), 'r', settings),
  ]),
  [
    'a pool',
    poolDeployment('shop', shapeOf(aFunction()), {
      ...settings,
      encryptionKey: Buffer.alloc(32),
      spareThreads: 8,
    }),
  ],
];

describe.each(deployments)('pods of %s have', (_, deployment) => {
  const pod = deployment.spec?.template.spec;
  const containers = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];

  it.each(controls)('%s', (_name, holds) => {
    expect(containers.length).toBeGreaterThan(0);
    for (const container of containers) expect(pod && holds(pod, container)).toBe(true);
  });
});
