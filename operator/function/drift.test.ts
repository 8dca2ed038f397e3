import { describe, expect, it } from 'vitest';
import { isContained } from './drift.ts';
import { aFunction, inlineSpec } from './fixtures.ts';
import { functionDeployment } from './resources/deployment.ts';

const desired = functionDeployment(
  aFunction({
    spec: inlineSpec({
      resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
      env: [{ name: 'EMPTY', value: '' }],
    }),
  }),
  'r1',
  { runtimeImage: 'image' },
);

/** What an API server makes of it: defaults, canonical quantities, empty values left out. */
function stored(): typeof desired {
  const live = structuredClone(desired);
  const pod = live.spec?.template.spec;
  const container = pod?.containers[0];
  if (!live.spec || !pod || !container) throw new Error('no container');
  live.spec.replicas = 1;
  pod.restartPolicy = 'Always';
  pod.dnsPolicy = 'ClusterFirst';
  container.imagePullPolicy = 'IfNotPresent';
  const quantities = { cpu: '500m', memory: '1Gi' };
  container.resources = { limits: quantities, requests: quantities };
  container.env = container.env?.map((entry) => (entry.value === '' ? { name: entry.name } : entry));
  return live;
}

describe('isContained', () => {
  it('sees no drift in what the API server adds or rewrites', () => {
    expect(isContained(desired, stored())).toBe(true);
  });

  it('does not mind the order of named elements or further ones', () => {
    const live = stored();
    live.spec?.template.spec?.containers[0]?.env?.reverse();
    live.spec?.template.spec?.containers.unshift({ name: 'sidecar' });
    expect(isContained(desired, live)).toBe(true);
  });

  it.each<[string, (live: typeof desired) => void]>([
    ['an image', (live) => Object.assign(live.spec?.template.spec?.containers[0] ?? {}, { image: 'other' })],
    ['a variable', (live) => live.spec?.template.spec?.containers[0]?.env?.splice(0, 1)],
    ['a label', (live) => delete live.spec?.template.metadata?.labels?.['catnap.dev/revision']],
    [
      'a quantity',
      (live) =>
        Object.assign(live.spec?.template.spec?.containers[0]?.resources?.limits ?? {}, { memory: '2Gi' }),
    ],
    [
      'a capability list',
      (live) => live.spec?.template.spec?.containers[0]?.securityContext?.capabilities?.drop?.push('X'),
    ],
    ['the owner', (live) => delete live.metadata?.ownerReferences],
  ])('sees that someone changed %s', (_what, change) => {
    const live = stored();
    change(live);
    expect(isContained(desired, live)).toBe(false);
  });

  it('takes an empty object for one left out', () => {
    expect(isContained({ resources: {} }, {})).toBe(true);
    expect(isContained({ resources: { limits: { cpu: 1 } } }, {})).toBe(false);
  });
});
