import { describe, expect, it } from 'vitest';
import { functionDefinition } from '#crds/function/definition.ts';
import {
  compileDefinition,
  errorText,
  type JSONSchema,
  type KubeObject,
  prune,
  validate,
  validateMetadata,
  withDefaults,
} from './index.ts';

const definition = JSON.parse(JSON.stringify(functionDefinition())) as KubeObject;
const compiled = compileDefinition(definition);
const schema = compiled.versions.get('v1alpha1')?.schema as JSONSchema;

const inline = { inline: { files: { 'index.mjs': 'export const handler = () => 1' } } };
const sha256 = 'a'.repeat(64);

function fn(spec: object, name = 'hello'): KubeObject {
  return { apiVersion: 'catnap.dev/v1alpha1', kind: 'Function', metadata: { name, namespace: 'shop' }, spec };
}

function sentences(object: KubeObject): string[] {
  const pruned = prune(schema, object);
  const complete = withDefaults(schema, pruned.object);
  const errors = [...validateMetadata(complete, { namespaced: true }), ...validate(schema, complete)];
  return [...pruned.unknown.map((path) => `unknown field "${path}"`), ...errors.map(errorText)];
}

const SKIPPED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

describe('the Function definition', () => {
  it('is accepted', () => {
    expect(compiled.errors.map(errorText)).toEqual([]);
  });

  it('serves one version with status and scale', () => {
    expect(compiled.versions.get('v1alpha1')).toMatchObject({
      served: true,
      storage: true,
      status: true,
      scale: { specReplicasPath: '.spec.scaling.minReplicas' },
    });
  });

  it('fills in defaults, nested ones too', () => {
    expect(withDefaults(schema, fn({ source: inline })).spec).toMatchObject({
      timeoutSeconds: 30,
      resources: {},
      scaling: { minReplicas: 0, maxReplicas: 20, concurrency: 10, targetUtilization: 70, idleSeconds: 60 },
      queue: { maxDepth: 1000, maxWaitSeconds: 60 },
      async: {
        maxAttempts: 3,
        backoffSeconds: 2,
        maxBackoffSeconds: 3600,
        maxAgeSeconds: 86400,
        maxBacklog: 100000,
      },
    });
    const partly = withDefaults(schema, fn({ scaling: { minReplicas: 3, maxReplicas: null } }));
    expect((partly.spec as { scaling: object }).scaling).toMatchObject({ minReplicas: 3, maxReplicas: 20 });
  });
});

describe('good Functions', () => {
  it.each<[string, object]>([
    ['inline files', { source: inline }],
    ['files in folders', { source: { inline: { files: { 'lib/a/b.mjs': '', '@scope/x-1.js': '' } } } }],
    ['a ConfigMap', { source: { configMap: { name: 'code' } }, handler: 'lib/app.main' }],
    ['an archive', { source: { archive: { url: 'https://example.org/a.tgz', sha256 } } }],
    ['an image', { image: 'registry.example.org:5000/team/app@sha256:0123' }],
    [
      'environment',
      {
        source: inline,
        env: [
          { name: 'A', value: '' },
          { name: 'b.c-d', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        ],
      },
    ],
    [
      'asynchronous calls',
      {
        source: inline,
        async: {
          retryOn: [429, 503],
          onSuccess: { function: 'next' },
          onFailure: { url: 'https://example.org/hook' },
        },
      },
    ],
    ['sources of environment', { source: inline, envFrom: [{ secretRef: { name: 's' }, prefix: 'P_' }] }],
    [
      'limits in both forms',
      { source: inline, resources: { limits: { cpu: 1, memory: '128Mi' }, requests: { cpu: '250m' } } },
    ],
    ['always on', { source: inline, scaling: { minReplicas: 5, maxReplicas: 5 } }],
  ])('%s', (_name, spec) => {
    expect(sentences(fn(spec))).toEqual([]);
  });
});

describe('bad Functions are refused with a sentence that names the field', () => {
  it.each<[string, KubeObject, string[]]>([
    ['an unknown field', fn({ source: inline, sources: 1 }), ['unknown field "spec.sources"']],
    [
      'a bad handler',
      fn({ source: inline, handler: 'no export' }),
      [
        expect.stringMatching(
          /^spec\.handler: Invalid value: "no export": spec\.handler in body should match '\^.*\$'$/,
        ),
      ],
    ],
    [
      'two sources',
      fn({ source: { ...inline, configMap: { name: 'code' } } }),
      ['spec.source: Invalid value: exactly one of inline, configMap and archive must be set'],
    ],
    ['no source', fn({}), ['spec: Invalid value: exactly one of source and image must be set']],
    [
      'source and image',
      fn({ source: inline, image: 'app:1' }),
      ['spec: Invalid value: exactly one of source and image must be set'],
    ],
    [
      'an absurd number of replicas',
      fn({ source: inline, scaling: { minReplicas: 5000, maxReplicas: 1000 } }),
      [
        'spec.scaling.minReplicas: Invalid value: 5000: spec.scaling.minReplicas in body should be less than or equal to 1000',
        'spec.scaling.minReplicas: Invalid value: minReplicas must not exceed maxReplicas',
      ],
    ],
    [
      'an outcome for both a function and a URL, and for a URL that is none',
      fn({
        source: inline,
        async: {
          onSuccess: { function: 'next', url: 'https://example.org/' },
          onFailure: { url: 'mailto:me' },
        },
      }),
      [
        expect.stringMatching(/^spec\.async\.onFailure\.url: Invalid value: "mailto:me": .* should match/),
        'spec.async.onSuccess: Invalid value: exactly one of function and url must be set',
      ],
    ],
    [
      'statuses to repeat that are no errors',
      fn({ source: inline, async: { retryOn: [200] } }),
      [
        expect.stringMatching(
          /^spec\.async\.retryOn\[0\]: Invalid value: 200: .* greater than or equal to 400$/,
        ),
      ],
    ],
    [
      'an absurd time',
      fn({ source: inline, timeoutSeconds: 0 }),
      [
        'spec.timeoutSeconds: Invalid value: 0: spec.timeoutSeconds in body should be greater than or equal to 1',
      ],
    ],
    [
      'absurd memory',
      fn({ source: inline, resources: { limits: { memory: 'lots' } } }),
      [expect.stringMatching(/^spec\.resources\.limits\.memory: Invalid value: "lots": .* should match/)],
    ],
    [
      'minReplicas above maxReplicas',
      fn({ source: inline, scaling: { minReplicas: 30 } }),
      ['spec.scaling.minReplicas: Invalid value: minReplicas must not exceed maxReplicas'],
    ],
    [
      'a bad name of a variable',
      fn({ source: inline, env: [{ name: '1 A' }] }),
      [
        expect.stringMatching(
          /^spec\.env\[0\]\.name: Invalid value: "1 A": spec\.env\[0\]\.name in body should match/,
        ),
      ],
    ],
    [
      'the PORT variable',
      fn({ source: inline, env: [{ name: 'A' }, { name: 'PORT', value: '1' }] }),
      ['spec.env[1]: Invalid value: names PORT, HOST and CATNAP_* belong to the platform'],
    ],
    [
      'value with valueFrom',
      fn({
        source: inline,
        env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      }),
      ['spec.env[0]: Invalid value: set either value or valueFrom, not both'],
    ],
    [
      'a variable twice',
      fn({ source: inline, env: [{ name: 'A' }, { name: 'A' }] }),
      ['spec.env[1]: Duplicate value: {"name":"A"}'],
    ],
    [
      'a bad checksum',
      fn({ source: { archive: { url: 'https://example.org/a.tgz', sha256: 'ABC' } } }),
      [
        expect.stringMatching(
          /^spec\.source\.archive\.sha256: Invalid value: "ABC": .* should match '\^\[a-f0-9\]\{64\}\$'$/,
        ),
      ],
    ],
    [
      'no checksum',
      fn({ source: { archive: { url: 'https://example.org/a.tgz' } } }),
      ['spec.source.archive.sha256: Required value', SKIPPED],
    ],
    [
      "a path with '..'",
      fn({ source: { inline: { files: { '../escape.mjs': '' } } } }),
      [expect.stringMatching(/^spec\.source\.inline\.files: Invalid value: paths must be relative/)],
    ],
    [
      'a name too long',
      fn({ source: inline }, 'x'.repeat(58)),
      ['<nil>: Invalid value: a function name may have at most 57 characters'],
    ],
    [
      'a runtime that is not there',
      fn({ source: inline, runtime: 'cobol' }),
      ['spec.runtime: Unsupported value: "cobol": supported values: "nodejs26"', SKIPPED],
    ],
    [
      'a wrong type',
      fn({ source: inline, timeoutSeconds: 'x' }),
      [
        'spec.timeoutSeconds: Invalid value: "string": spec.timeoutSeconds in body must be of type integer: "string"',
        SKIPPED,
      ],
    ],
  ])('%s', (_name, object, expected) => {
    expect(sentences(object)).toEqual(expected);
  });
});

describe('updates of Functions', () => {
  const stored = withDefaults(schema, fn({ source: inline, handler: 'no export', env: [{ name: 'PORT' }] }));

  it('do not hold against a write what was wrong before and stays as it is', () => {
    const spec = { ...(stored.spec as object), timeoutSeconds: 5 };
    expect(validate(schema, { ...stored, spec }, stored)).toEqual([]);
  });

  it('hold against it what it changes', () => {
    const spec = { ...(stored.spec as object), handler: 'other wrong' };
    expect(validate(schema, { ...stored, spec }, stored).map(({ field }) => field)).toEqual(['spec.handler']);
  });
});
