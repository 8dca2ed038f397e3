import { describe, expect, it } from 'vitest';
import { inlineSpec } from './fixtures.ts';
import { revisionOf } from './revision.ts';

const spec = inlineSpec();
const revision = revisionOf(spec);

describe('revisionOf', () => {
  it('is a label value that fits a name', () => {
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each([
    ['code', { ...spec, source: { inline: { files: { 'index.mjs': 'export const handler = 1' } } } }],
    ['handler', { ...spec, handler: 'index.other' }],
    ['env', { ...spec, env: [{ name: 'A', value: '2' }] }],
    ['resources', { ...spec, resources: { limits: { memory: '256Mi' } } }],
    ['timeout', { ...spec, timeoutSeconds: 31 }],
    ['concurrency, which pods enforce', { ...spec, scaling: { ...spec.scaling, concurrency: 11 } }],
  ])('changes with the %s', (_what, changed) => {
    expect(revisionOf(changed)).not.toBe(revision);
  });

  it.each([
    ['replica bounds', { ...spec, scaling: { ...spec.scaling, minReplicas: 2, maxReplicas: 3 } }],
    ['idle time', { ...spec, scaling: { ...spec.scaling, idleSeconds: 7 } }],
    ['queue', { ...spec, queue: { maxDepth: 1, maxWaitSeconds: 1 } }],
    ['async settings', { ...spec, async: { ...spec.async, maxAttempts: 1 } }],
  ])('ignores the %s', (_what, changed) => {
    expect(revisionOf(changed)).toBe(revision);
  });

  it('follows the content of a referenced ConfigMap', () => {
    const referring = { ...spec, source: { configMap: { name: 'code' } } };
    expect(revisionOf(referring, 'a')).not.toBe(revisionOf(referring, 'b'));
  });

  it('does not depend on the order of keys', () => {
    const reversed = Object.fromEntries(Object.entries(spec).reverse()) as typeof spec;
    expect(revisionOf(reversed)).toBe(revision);
  });
});
