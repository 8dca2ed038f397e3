import { describe, expect, it } from 'vitest';
import { defaultBuiltin, type KubeObject } from '../../index.ts';

const container = { name: 'c', image: 'app:1' };
const defaultedContainer = {
  ...container,
  imagePullPolicy: 'IfNotPresent',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};
const defaultedSpec = {
  containers: [defaultedContainer],
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
};

function defaulted(group: string, kind: string, object: Record<string, unknown>): Record<string, unknown> {
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  const input: KubeObject = { apiVersion, kind, metadata: { name: 'x' }, ...object };
  const before = structuredClone(input);
  const result = defaultBuiltin(group, kind, input);
  expect(input).toEqual(before);
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = result;
  return rest;
}

const podOf = (spec: object) =>
  defaulted('', 'Pod', { spec: { containers: [container], ...spec } }).spec as Record<string, unknown>;

describe('defaultBuiltin', () => {
  it('completes a Pod', () => {
    expect(podOf({})).toEqual({ ...defaultedSpec, enableServiceLinks: true });
  });

  it('completes a Deployment and its template', () => {
    const spec = { selector: { matchLabels: { a: 'b' } }, template: { spec: { containers: [container] } } };
    expect(defaulted('apps', 'Deployment', { spec }).spec).toEqual({
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: {}, spec: defaultedSpec },
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    const recreate = defaulted('apps', 'Deployment', {
      spec: { replicas: 0, strategy: { type: 'Recreate' } },
    });
    expect(recreate.spec).toMatchObject({ replicas: 0, strategy: { type: 'Recreate' } });
  });

  it.each([
    ['app', 'Always'],
    ['app:latest', 'Always'],
    ['localhost:5000/app', 'Always'],
    ['app:1', 'IfNotPresent'],
    ['localhost:5000/app:1', 'IfNotPresent'],
    [`app@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
  ])('pulls %s %s', (image, policy) => {
    expect(podOf({ containers: [{ name: 'c', image }] }).containers).toMatchObject([
      { imagePullPolicy: policy },
    ]);
  });

  it('requests what is limited, in canonical quantities', () => {
    const resources = { limits: { cpu: 0.5, memory: '1024Mi' }, requests: { memory: 1_000_000 } };
    expect(podOf({ containers: [{ ...container, resources }] }).containers).toMatchObject([
      { resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '500m', memory: '1M' } } },
    ]);
  });

  it('completes probes, ports and references', () => {
    const result = podOf({
      containers: [
        {
          ...container,
          ports: [{ containerPort: 80 }],
          env: [
            { name: 'A', value: '' },
            { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
          readinessProbe: { httpGet: { port: 80 }, periodSeconds: 2 },
        },
      ],
    });
    expect(result.containers).toMatchObject([
      {
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        env: [
          { name: 'A' },
          { name: 'B', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
        ],
        readinessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          periodSeconds: 2,
          timeoutSeconds: 1,
          successThreshold: 1,
          failureThreshold: 3,
        },
      },
    ]);
  });

  it('completes volumes', () => {
    const volumes = [
      { name: 'a' },
      { name: 'b', configMap: { name: 'c' } },
      { name: 'd', secret: { secretName: 's' } },
    ];
    expect(podOf({ volumes }).volumes).toEqual([
      { name: 'a', emptyDir: {} },
      { name: 'b', configMap: { name: 'c', defaultMode: 420 } },
      { name: 'd', secret: { secretName: 's', defaultMode: 420 } },
    ]);
  });

  it('leaves out what Go does not tell from absent, and only that', () => {
    const spec = {
      containers: [{ ...container, command: [], env: [], stdin: false }],
      volumes: [],
      hostname: '',
      nodeSelector: {},
    };
    expect(podOf(spec)).toEqual({ ...defaultedSpec, enableServiceLinks: true });
    expect(
      defaulted('coordination.k8s.io', 'Lease', { spec: { holderIdentity: '', leaseTransitions: 0 } }).spec,
    ).toEqual({
      holderIdentity: '',
      leaseTransitions: 0,
    });
  });

  it.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    [
      '',
      'Service',
      { spec: { ports: [{ port: 80 }] } },
      {
        spec: {
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
          sessionAffinity: 'None',
          type: 'ClusterIP',
          internalTrafficPolicy: 'Cluster',
        },
      },
    ],
    [
      '',
      'Secret',
      { stringData: { a: 'b' }, data: { a: 'eA==', c: 'ZA==' } },
      { type: 'Opaque', data: { a: 'Yg==', c: 'ZA==' } },
    ],
    ['', 'ConfigMap', { data: {} }, {}],
    [
      'discovery.k8s.io',
      'EndpointSlice',
      { addressType: 'IPv4', endpoints: [], ports: [{ port: 1 }] },
      { addressType: 'IPv4', endpoints: [], ports: [{ port: 1, name: '', protocol: 'TCP' }] },
    ],
    [
      'networking.k8s.io',
      'NetworkPolicy',
      { spec: { podSelector: {}, egress: [{}] } },
      { spec: { podSelector: {}, egress: [{}], policyTypes: ['Ingress', 'Egress'] } },
    ],
    [
      'apiextensions.k8s.io',
      'CustomResourceDefinition',
      { spec: { names: { kind: 'Thing', plural: 'things' }, versions: [] } },
      {
        spec: {
          names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
          versions: [],
          conversion: { strategy: 'None' },
        },
      },
    ],
    [
      'rbac.authorization.k8s.io',
      'RoleBinding',
      { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'u' }],
      },
    ],
  ])('completes %s/%s', (group, kind, object, expected) => {
    expect(defaulted(group, kind, object)).toEqual(expected);
  });

  it('labels a Namespace with its name', () => {
    const namespace = defaultBuiltin('', 'Namespace', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
    });
    expect(namespace.metadata).toEqual({ name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' } });
  });

  it('changes nothing more when repeated', () => {
    const once = defaultBuiltin('apps', 'Deployment', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', labels: {} },
      spec: {
        template: { spec: { containers: [{ ...container, resources: { limits: { cpu: '1500m' } } }] } },
      },
    });
    expect(defaultBuiltin('apps', 'Deployment', once)).toEqual(once);
  });
});
