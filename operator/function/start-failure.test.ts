import type { ContainerStatus } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { aPod, withContainer } from './fixtures.ts';
import { podState } from './pod-state.ts';
import { isPassingRefusal, refusalText, unschedulableText } from './start-failure.ts';

/** The messages of these tests are those of Kubernetes 1.35 with containerd. */
const waiting = (reason: string, message: string): Partial<ContainerStatus> => ({
  state: { waiting: { reason, message } },
});

const pull = (message: string) =>
  waiting('ImagePullBackOff', `Back-off pulling image "x:1": ErrImagePull: ${message}`);
const unresolved =
  'failed to pull and unpack image "docker.io/library/x:1": failed to resolve reference "docker.io/library/x:1"';
const pod = '(pod: "fn-x-76bf4b5646-5xg88_shop(7c19ae8a)", container: function)';

describe('a pod that cannot start says what helps', () => {
  it.each<[string, Partial<ContainerStatus>, string, RegExp]>([
    [
      'a missing Secret',
      waiting('CreateContainerConfigError', 'secret "keys" not found'),
      'startFailed',
      /^CreateContainerConfigError: secret "keys" not found\. Create it in this namespace, correct spec\.env/,
    ],
    [
      'a missing ConfigMap',
      waiting('CreateContainerConfigError', 'configmap "cm" not found'),
      'startFailed',
      /Create it in this namespace/,
    ],
    [
      'a missing key',
      waiting('CreateContainerConfigError', "couldn't find key nope in Secret shop/there"),
      'startFailed',
      /Create it in this namespace/,
    ],
    [
      'an image that runs as root',
      waiting('CreateContainerConfigError', `container has runAsNonRoot and image will run as root ${pod}`),
      'startFailed',
      /numeric user, such as "USER 65532"/,
    ],
    [
      'an image with a named user',
      waiting(
        'CreateContainerConfigError',
        `container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root ${pod}`,
      ),
      'startFailed',
      /numeric user/,
    ],
    [
      'a policy that makes it root',
      waiting('CreateContainerConfigError', `container's runAsUser breaks non-root policy ${pod}`),
      'startFailed',
      /numeric user/,
    ],
    [
      'a name that is none',
      pull(
        'failed to parse image reference "UPPER/case:1": invalid reference format: repository name must be lowercase',
      ),
      'imagePullFailed',
      /^ErrImagePull: failed to parse .* lowercase\. Correct spec\.image\.$/,
    ],
    [
      'an image that is not there',
      pull(`rpc error: code = NotFound desc = ${unresolved}: docker.io/library/x:1: not found`),
      'imagePullFailed',
      /Check name and tag in spec\.image\.$/,
    ],
    [
      'a private image',
      pull(
        `${unresolved}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
      ),
      'imagePullFailed',
      /imagePullSecrets of this namespace's ServiceAccount default\.$/,
    ],
    [
      'a private image elsewhere',
      pull('failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden'),
      'imagePullFailed',
      /imagePullSecrets/,
    ],
    [
      'a registry out of reach',
      pull(
        `${unresolved}: failed to do request: Head "https://registry/v2/x": dial tcp: lookup registry on 10.0.0.53:53: no such host`,
      ),
      'imagePullFailed',
      /that nodes can reach it\.$/,
    ],
    [
      'a registry nobody trusts',
      pull(`${unresolved}: tls: failed to verify certificate: x509: certificate signed by unknown authority`),
      'imagePullFailed',
      /trust the registry\.$/,
    ],
  ])('%s', (_, status, kind, message) => {
    expect(podState(withContainer(aPod('r'), status))).toEqual({
      kind,
      message: expect.stringMatching(message),
    });
  });

  it('a command that is not in the image', () => {
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown';
    const status = {
      ...waiting('RunContainerError', message),
      lastState: { terminated: { exitCode: 128, reason: 'StartError', message } },
    };
    expect(podState(withContainer(aPod('r'), status))).toEqual({
      kind: 'startFailed',
      message: `RunContainerError: ${message}`,
    });
  });

  it('the same, whether the kubelet tries or waits', () => {
    const trying = podState(withContainer(aPod('r'), waiting('ErrImagePull', 'no such host')));
    expect(trying).toEqual(podState(withContainer(aPod('r'), pull('no such host'))));
  });
});

describe('a refusal says what helps', () => {
  it.each([
    [
      'exceeded quota: small, requested: limits.memory=150Mi, used: limits.memory=0, limited: limits.memory=100Mi',
      /^exceeded quota: small.*\. Raise that ResourceQuota/,
    ],
    ['failed quota: small: must specify limits.cpu for: function', /set it in spec\.resources\.$/],
    [
      'maximum memory usage per Container is 200Mi, but limit is 300Mi',
      /LimitRange .* set spec\.resources within it\.$/,
    ],
    [
      'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "function" must set securityContext.runAsNonRoot=true)',
      /keep to the restricted profile/,
    ],
  ])('%s', (cause, text) => {
    expect(refusalText(`pods "fn-x-856b495f65-k4j5h" is forbidden: ${cause}`)).toMatch(text);
  });

  it('of a policy of the cluster', () => {
    expect(refusalText('admission webhook "validate.kyverno.svc" denied the request: no')).toMatch(
      /A policy of this cluster/,
    );
  });

  it('unless it passes by itself', () => {
    expect(
      isPassingRefusal(
        'pods "x" is forbidden: error looking up service account shop/default: serviceaccount "default" not found',
      ),
    ).toBe(true);
    expect(isPassingRefusal('exceeded quota: small')).toBe(false);
  });
});

it.each([
  [
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    '0/1 nodes are available: 1 Insufficient cpu.',
  ],
  ['no nodes available to schedule pods', 'no nodes available to schedule pods'],
])('keeps of the scheduler only why no node fits', (message, text) => {
  expect(unschedulableText(message)).toBe(text);
});
