import { afterAll, describe, expect, it } from 'vitest';
import { inline, manifest, type Spec } from './support/function.ts';
import { useNamespace } from './support/namespace.ts';

const CODE = "export const handler = () => 'hi';";
const files = (path: string) => ({ source: { inline: { files: { [path]: CODE } } } });

/** What is wrong, the spec, and what the refusal must say: the field, and what is the matter with it. */
const cases: [string, Spec, RegExp][] = [
  ['an unknown field', { ...inline(CODE), handlr: 'index.handler' }, /unknown field "spec\.handlr"/],
  [
    'an unknown nested field',
    inline(CODE, { scaling: { maxReplica: 3 } }),
    /unknown field "spec\.scaling\.maxReplica"/,
  ],
  ['a handler without an export', inline(CODE, { handler: 'index' }), /spec\.handler.*should match/s],
  [
    'two sources',
    { source: { inline: { files: { 'index.mjs': CODE } }, configMap: { name: 'x' } } },
    /spec\.source.*exactly one of inline, configMap and archive must be set/s,
  ],
  ['no source at all', { timeoutSeconds: 5 }, /spec.*exactly one of source and image must be set/s],
  ['source and image', inline(CODE, { image: 'x:1' }), /exactly one of source and image must be set/],
  ['an image with a handler', { image: 'x:1', handler: 'a.b' }, /spec\.handler.*goes with source/s],
  ['an unknown runtime', inline(CODE, { runtime: 'cobol' }), /spec\.runtime.*Unsupported value.*"nodejs26"/s],
  [
    'a timeout of zero',
    inline(CODE, { timeoutSeconds: 0 }),
    /spec\.timeoutSeconds.*greater than or equal to 1/s,
  ],
  [
    'an absurd timeout',
    inline(CODE, { timeoutSeconds: 999999 }),
    /spec\.timeoutSeconds.*less than or equal to 3600/s,
  ],
  ['a timeout in words', inline(CODE, { timeoutSeconds: 'soon' }), /spec\.timeoutSeconds.*integer/s],
  ['a concurrency of zero', inline(CODE, { scaling: { concurrency: 0 } }), /spec\.scaling\.concurrency/],
  [
    'absurdly many replicas',
    inline(CODE, { scaling: { maxReplicas: 100000 } }),
    /spec\.scaling\.maxReplicas/,
  ],
  [
    'more replicas at least than at most',
    inline(CODE, { scaling: { minReplicas: 5, maxReplicas: 2 } }),
    /spec\.scaling\.minReplicas.*must not exceed maxReplicas/s,
  ],
  [
    'memory that is no quantity',
    inline(CODE, { resources: { limits: { memory: 'lots' } } }),
    /spec\.resources\.limits\.memory/,
  ],
  ['an absurd queue', inline(CODE, { queue: { maxDepth: 10_000_000 } }), /spec\.queue\.maxDepth/],
  [
    'a variable of the platform',
    inline(CODE, { env: [{ name: 'PORT', value: '1' }] }),
    /spec\.env\[0\].*belong to the platform/s,
  ],
  [
    'a trigger without a source',
    inline(CODE, { triggers: [{ name: 'nightly' }] }),
    /spec\.triggers\[0\].*exactly one source; set one field of: .*cron/s,
  ],
  [
    'a schedule of four fields',
    inline(CODE, { triggers: [{ name: 'nightly', cron: { schedule: '0 3 * *' } }] }),
    /spec\.triggers\[0\]\.cron\.schedule.*schedule must have five fields/s,
  ],
  [
    'a variable with two values',
    inline(CODE, { env: [{ name: 'A', value: '1', valueFrom: { secretKeyRef: { name: 'x', key: 'y' } } }] }),
    /spec\.env\[0\].*not both/s,
  ],
  [
    'a path that leaves the folder',
    files('../index.mjs'),
    /spec\.source\.inline\.files.*paths must be relative/s,
  ],
  [
    'an archive without a checksum',
    { source: { archive: { url: 'https://example.com/a.zip' } } },
    /spec\.source\.archive\.sha256.*Required/s,
  ],
];

describe('kubectl apply refuses', () => {
  const space = useNamespace('refusals');

  afterAll(async () => {
    expect(await space().run('get', 'fn', '-o', 'name')).toBe('');
  });

  it.each(cases)('%s, and names the field', async (_title, spec, message) => {
    const test = space();
    const stdin = JSON.stringify(manifest(test.name, 'bad', spec));
    const result = await test.kubectl.attempt(['apply', '-f', '-'], { stdin });
    expect(result.code, result.stdout).not.toBe(0);
    expect(result.stderr).toMatch(message);
  });

  it('a name that is too long for its Deployment', async () => {
    const test = space();
    const stdin = JSON.stringify(manifest(test.name, 'x'.repeat(58), inline(CODE)));
    const result = await test.kubectl.attempt(['apply', '-f', '-'], { stdin });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(/at most 57 characters/);
  });
});
