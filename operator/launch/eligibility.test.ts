import { describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { inlineSpec } from '../function/fixtures.ts';
import { whyDedicated, whyDedicatedByEnvironment } from './eligibility.ts';

const none = { source: undefined, handler: undefined, runtime: undefined };
const variable = (name: string, value = 'x') => ({ env: [{ name, value }] });

describe('whyDedicated', () => {
  it.each<[string, Partial<FunctionSpec>]>([
    ['code', {}],
    ['code that is meant to', { class: 'pooled' }],
    ['an archive', { source: { archive: { url: 'https://example.com/a.zip', sha256: 'a'.repeat(64) } } }],
    ['variables that count when they are read', { ...variable('NODE_ENV', 'production'), class: 'pooled' }],
    ['a reference to a variable of the platform', variable('SELF', 'http://localhost:$(PORT)')],
  ])('lets warm pods run %s', (_, spec) => {
    expect(whyDedicated(inlineSpec(spec))).toBeUndefined();
  });

  it.each<[Partial<FunctionSpec>, string]>([
    [{ ...none, image: 'ghcr.io/acme/app:1' }, 'it has an image of its own'],
    [{ class: 'dedicated' }, 'spec.class is dedicated'],
    [variable('NODE_OPTIONS', '--stack-size=500'), 'NODE_OPTIONS counts only when a process starts'],
    [
      { env: [{ name: 'SSL_CERT_FILE', valueFrom: { configMapKeyRef: { name: 'ca', key: 'file' } } }] },
      'SSL_CERT_FILE counts only when a process starts',
    ],
    [variable('CODE', '$(CATNAP_FUNCTION_DIR)/x'), '$(CATNAP_FUNCTION_DIR) in spec.env stands for'],
    [variable('API', '$(KUBERNETES_SERVICE_HOST)'), '$(KUBERNETES_SERVICE_HOST) in spec.env stands for'],
  ])('says why they cannot run %j', (spec, why) => {
    expect(whyDedicated(inlineSpec(spec))).toContain(why);
  });
});

describe('whyDedicatedByEnvironment', () => {
  const platform = { PORT: '8080', NODE_OPTIONS: '--max-old-space-size=384' };

  it.each([
    [platform, undefined],
    [{ ...platform, GREETING: 'hi' }, undefined],
    [{ ...platform, NODE_OPTIONS: '--inspect' }, 'NODE_OPTIONS counts only when a process starts'],
    [{ ...platform, LD_PRELOAD: '/x.so' }, 'LD_PRELOAD counts only when a process starts'],
  ])('compares %j with what warm pods have', (environment, why) => {
    expect(whyDedicatedByEnvironment(environment, platform)).toBe(why);
  });
});
