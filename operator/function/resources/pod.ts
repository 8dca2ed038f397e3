/** What all pods that run users' code have in common: they may do as little as a pod can. */
import type { Container, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import { FUNCTION_CONTAINER } from '#crds/wire/names.ts';

/** As much scratch space as a Lambda has; without a bound one function could fill the node's disk. */
const SCRATCH_SIZE = '512Mi';

export type ContainerOfUser = Pick<
  Container,
  'image' | 'ports' | 'env' | 'resources' | 'readinessProbe' | 'volumeMounts'
>;

export function confinedPod(graceSeconds: number, container: Container, volumes: Volume[]): PodSpec {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: [{ name: 'tmp', emptyDir: { sizeLimit: SCRATCH_SIZE } }, ...volumes],
  };
}

export function confinedContainer({ volumeMounts = [], ...container }: ContainerOfUser): Container {
  return {
    name: FUNCTION_CONTAINER,
    ...container,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
    // Of a container that leaves no message, the end of its log says why it ended.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...volumeMounts],
  };
}
