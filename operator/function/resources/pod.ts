/** What all pods that run users' code have in common: they may do as little as a pod can. */
import type { Container, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import { FUNCTION_CONTAINER } from '#crds/wire/names.ts';

/** As much scratch space as a Lambda has; without a bound one function could fill the node's disk. */
const SCRATCH_SIZE = '512Mi';

export type ContainerOfUser = Pick<
  Container,
  'image' | 'ports' | 'env' | 'resources' | 'startupProbe' | 'readinessProbe' | 'volumeMounts'
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

/** For code that never listens, the operator decides what becomes of it; the kubelet asks for an hour. */
const STARTUP_SECONDS = 3_600;

/**
 * A runtime listens only when it can serve, so a connection is all the proof there is to ask for: often while it starts,
 * when calls may wait for it, and seldom afterwards, since every question costs both sides CPU as long as the pod lives.
 */
export function probesOf(port: number): Pick<Container, 'startupProbe' | 'readinessProbe'> {
  const tcpSocket = { port };
  return {
    startupProbe: { tcpSocket, periodSeconds: 1, failureThreshold: STARTUP_SECONDS },
    readinessProbe: { tcpSocket, periodSeconds: 10 },
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
