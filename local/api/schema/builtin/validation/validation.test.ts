import { describe, expect, it } from 'vitest';
import { defaultBuiltin, errorText, type KubeObject, validateBuiltin } from '../../index.ts';

type Json = Record<string, unknown>;

function complete(group: string, kind: string, body: Json, metadata: Json = {}): KubeObject {
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  const place = kind === 'Namespace' ? {} : { namespace: 'shop' };
  const object = { apiVersion, kind, metadata: { name: 'x', ...place, ...metadata }, ...body };
  // What is undefined here is absent on the wire.
  return defaultBuiltin(group, kind, JSON.parse(JSON.stringify(object)));
}

function sentences(group: string, kind: string, body: Json, metadata: Json = {}): string[] {
  return validateBuiltin(group, kind, complete(group, kind, body, metadata)).map(errorText);
}

const container = { name: 'c', image: 'app:1' };
const pod = (spec: Json) => sentences('', 'Pod', { spec: { containers: [container], ...spec } });
const inContainer = (fields: Json) => pod({ containers: [{ ...container, ...fields }] });
const deploymentSpec = (spec: Json = {}): Json => ({
  selector: { matchLabels: { a: 'b' } },
  template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
  ...spec,
});
const deployment = (spec: Json) => sentences('apps', 'Deployment', { spec: deploymentSpec(spec) });
const service = (spec: Json) => sentences('', 'Service', { spec: { ports: [{ port: 80 }], ...spec } });

describe('validateBuiltin: metadata', () => {
  const config = (metadata: Json) => sentences('', 'ConfigMap', {}, metadata);
  it.each<[Json, string]>([
    [
      { name: 'A_b' },
      `metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
    [
      { name: 'a'.repeat(254) },
      `metadata.name: Invalid value: "${'a'.repeat(254)}": must be no more than 253 bytes`,
    ],
    [{ name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [{ namespace: '' }, 'metadata.namespace: Required value'],
    [
      { labels: { 'a b': 'c' } },
      'metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters',
    ],
    [
      { labels: { a: 'b c' } },
      `metadata.labels: Invalid value: "b c": a valid label must be an empty string or consist of`,
    ],
    [{ annotations: { 'A/b/c': 'd' } }, 'metadata.annotations: Invalid value: "A/b/c": a valid label key '],
    [
      { annotations: { a: 'x'.repeat(300_000) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      { finalizers: ['foo'] },
      'metadata.finalizers[0]: Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      { ownerReferences: [{ apiVersion: 'v1', kind: 'K', name: 'n', uid: '' }] },
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
    [{ labels: { a: 5 } }, 'metadata.labels: Invalid value: {"a":5}: must be a map of strings'],
  ])('%j', (metadata, expected) => {
    expect(config(metadata).join('\n')).toContain(expected);
  });

  it('allows generated names, and names of a kind’s own form', () => {
    expect(config({ name: undefined, generateName: 'x-' })).toEqual([]);
    expect(sentences('rbac.authorization.k8s.io', 'Role', {}, { name: 'system:a' })).toEqual([]);
    expect(sentences('', 'Service', { spec: { ports: [{ port: 1 }] } }, { name: '1a' })[0]).toContain(
      'a DNS-1035 label',
    );
    expect(sentences('', 'Namespace', {}, { name: 'a.b' })[0]).toContain('a lowercase RFC 1123 label');
  });

  it('keeps names and identities', () => {
    const old = complete('', 'ConfigMap', {}, { uid: 'u' });
    const now = complete('', 'ConfigMap', {}, { uid: 'v' });
    expect(validateBuiltin('', 'ConfigMap', now, old).map(errorText)).toEqual([
      'metadata.uid: Invalid value: "v": field is immutable',
    ]);
  });
});

describe('validateBuiltin: Pods', () => {
  it.each<[string, () => string[], string]>([
    ['no containers', () => pod({ containers: [] }), 'spec.containers: Required value'],
    [
      'a name twice',
      () => pod({ containers: [container, container] }),
      'spec.containers[1].name: Duplicate value: "c"',
    ],
    ['no image', () => inContainer({ image: '' }), 'spec.containers[0].image: Required value'],
    [
      'a padded image',
      () => inContainer({ image: ' a' }),
      'spec.containers[0].image: Invalid value: " a": must not have leading or trailing whitespace',
    ],
    [
      'a bad policy',
      () => pod({ restartPolicy: 'X' }),
      'spec.restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'a bad port',
      () => inContainer({ ports: [{ containerPort: 70_000 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'a bad name of a variable',
      () => inContainer({ env: [{ name: 'a=b' }] }),
      'spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
    [
      'a value with a source',
      () =>
        inContainer({
          env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        }),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      'a mount of nothing',
      () => inContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      'a request above its limit',
      () => inContainer({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'a resource of no kind',
      () => inContainer({ resources: { limits: { foo: '1' } } }),
      'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    ],
    [
      'a quantity that is none',
      () => inContainer({ resources: { limits: { cpu: 'x' } } }),
      'spec.containers[0].resources.limits[cpu]: Invalid value: "x": quantities must match the regular expression',
    ],
    [
      'a probe that does nothing',
      () => inContainer({ livenessProbe: {} }),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'a probe that does two things',
      () => inContainer({ readinessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
      'spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
    ],
    [
      'a file that leaves its volume',
      () =>
        pod({ volumes: [{ name: 'v', secret: { secretName: 's', items: [{ key: 'k', path: '../x' }] } }] }),
      `spec.volumes[0].secret.items[0].path: Invalid value: "../x": must not contain '..'`,
    ],
    [
      'a wrong type',
      () => pod({ terminationGracePeriodSeconds: 'x' }),
      'spec.terminationGracePeriodSeconds: Invalid value: "x": must be of type integer',
    ],
  ])('refuses %s', (_name, attempt, expected) => {
    expect(attempt().join('\n')).toContain(expected);
  });

  it('accepts a restricted pod', () => {
    const securityContext = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    };
    const volumes = [
      { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'code', configMap: { name: 'c', items: [{ key: 'k', path: 'a/b.mjs' }] } },
    ];
    const volumeMounts = [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'code', mountPath: '/function', readOnly: true },
    ];
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const containers = [
      { ...container, securityContext, volumeMounts, readinessProbe, env: [{ name: 'PORT', value: '8080' }] },
    ];
    expect(
      pod({
        containers,
        volumes,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      }),
    ).toEqual([]);
  });

  it('keeps the spec of a running pod but for images, deadlines and new tolerations', () => {
    const change = (spec: Json) => {
      const old = complete('', 'Pod', { spec: { containers: [container] } });
      const now = complete('', 'Pod', { spec: { containers: [container], ...spec } });
      return validateBuiltin('', 'Pod', now, old).map(errorText);
    };
    expect(change({ containers: [{ ...container, image: 'app:2' }] })).toEqual([]);
    expect(change({ activeDeadlineSeconds: 5, tolerations: [{ key: 'a', operator: 'Exists' }] })).toEqual([]);
    expect(change({ containers: [container, { name: 'd', image: 'x' }] })).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
    expect(change({ hostname: 'h' })[0]).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,.*\n\+ \thostname: "h"$/s,
    );
  });
});

describe('validateBuiltin: other kinds', () => {
  it.each<[string, () => string[], string]>([
    [
      'a selector that misses',
      () => deployment({ selector: { matchLabels: { a: 'c' } } }),
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
    ['no selector', () => deployment({ selector: undefined }), 'spec.selector: Required value'],
    [
      'an empty selector',
      () => deployment({ selector: {} }),
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      'negative replicas',
      () => deployment({ replicas: -1 }),
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'a deployment that cannot move',
      () => deployment({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'a template that ends',
      () =>
        deployment({
          template: {
            metadata: { labels: { a: 'b' } },
            spec: { restartPolicy: 'Never', containers: [container] },
          },
        }),
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    ['a service without ports', () => service({ ports: [] }), 'spec.ports: Required value'],
    [
      'ports without names',
      () => service({ ports: [{ port: 1 }, { port: 2 }] }),
      'spec.ports[1].name: Required value',
    ],
    [
      'a service of no type',
      () => service({ type: 'X' }),
      'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      'a key that is no file name',
      () => sentences('', 'ConfigMap', { data: { 'a b': '' } }),
      `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
    ],
    [
      'a key in both maps',
      () => sentences('', 'ConfigMap', { data: { a: '' }, binaryData: { a: 'AAAA' } }),
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    [
      'too much data',
      () => sentences('', 'ConfigMap', { data: { a: 'x'.repeat(1024 * 1024 + 1) } }),
      'Too long: may not be more than 1048576 bytes',
    ],
    [
      'TLS without a key',
      () => sentences('', 'Secret', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }),
      'data[tls.key]: Required value',
    ],
    [
      'data that is not base64',
      () => sentences('', 'Secret', { data: { a: '!' } }),
      'data.a: Invalid value: "!"',
    ],
    [
      'a lease of no time',
      () => sentences('coordination.k8s.io', 'Lease', { spec: { leaseDurationSeconds: 0 } }),
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ],
    [
      'an event about another namespace',
      () => sentences('', 'Event', { involvedObject: { namespace: 'y' } }),
      'involvedObject.namespace: Invalid value: "y": does not match event.namespace',
    ],
    [
      'an event without a reporter',
      () =>
        sentences('events.k8s.io', 'Event', {
          eventTime: '2026-01-01T00:00:00.000000Z',
          type: 'Normal',
          regarding: { namespace: 'shop' },
        }),
      'reportingController: Required value',
    ],
    [
      'a rule without verbs',
      () =>
        sentences('rbac.authorization.k8s.io', 'Role', { rules: [{ apiGroups: [''], resources: ['pods'] }] }),
      'rules[0].verbs: Required value: verbs must contain at least one value',
    ],
    [
      'a peer that is none',
      () => sentences('networking.k8s.io', 'NetworkPolicy', { spec: { ingress: [{ from: [{}] }] } }),
      'spec.ingress[0].from[0]: Required value: must specify a peer',
    ],
    [
      'a budget of two kinds',
      () => sentences('policy', 'PodDisruptionBudget', { spec: { minAvailable: 1, maxUnavailable: 1 } }),
      'minAvailable and maxUnavailable cannot be both set',
    ],
    [
      'an endpoint without address',
      () =>
        sentences('discovery.k8s.io', 'EndpointSlice', {
          addressType: 'IPv4',
          endpoints: [{ addresses: [] }],
        }),
      'endpoints[0].addresses: Required value: must contain at least 1 address',
    ],
  ])('refuses %s', (_name, attempt, expected) => {
    expect(attempt().join('\n')).toContain(expected);
  });

  it.each<[string, string, Json, Json, string]>([
    [
      'apps',
      'Deployment',
      { spec: deploymentSpec() },
      {
        spec: deploymentSpec({
          selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] },
        }),
      },
      'spec.selector: Invalid value:',
    ],
    [
      '',
      'ConfigMap',
      { data: { a: '1' }, immutable: true },
      { data: { a: '2' }, immutable: true },
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
    [
      '',
      'ConfigMap',
      { immutable: true },
      {},
      'immutable: Forbidden: field is immutable when `immutable` is set',
    ],
    ['', 'Secret', { type: 'a' }, { type: 'b' }, 'type: Invalid value: "b": field is immutable'],
    [
      'rbac.authorization.k8s.io',
      'RoleBinding',
      { roleRef: { kind: 'Role', name: 'a' } },
      { roleRef: { kind: 'Role', name: 'b' } },
      'cannot change roleRef',
    ],
  ])('keeps what may not change of %s/%s', (group, kind, before, after, expected) => {
    const old = complete(group, kind, before);
    expect(validateBuiltin(group, kind, old, old)).toEqual([]);
    expect(
      validateBuiltin(group, kind, complete(group, kind, after), old)
        .map(errorText)
        .join('\n'),
    ).toContain(expected);
  });

  it('accepts what controllers write', () => {
    expect(
      deployment({ replicas: 0, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } } }),
    ).toEqual([]);
    const lease = {
      holderIdentity: '',
      leaseDurationSeconds: 15,
      renewTime: '2026-01-01T00:00:00.123456Z',
      leaseTransitions: 0,
    };
    expect(sentences('coordination.k8s.io', 'Lease', { spec: lease })).toEqual([]);
    const event = {
      eventTime: '2026-01-01T00:00:00.000000Z',
      type: 'Normal',
      reason: 'R',
      action: 'A',
      reportingController: 'catnap.dev/operator',
      reportingInstance: 'x',
      regarding: { namespace: 'shop' },
    };
    expect(sentences('events.k8s.io', 'Event', event)).toEqual([]);
    expect(service({ type: 'ExternalName', externalName: 'a.b', ports: undefined })).toEqual([]);
  });
});
