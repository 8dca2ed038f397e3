import { describe, expect, it } from 'vitest';
import { announceToken } from '#crds/wire/announcement.ts';
import { isContained } from '../drift.ts';
import { aFunction, inlineSpec } from '../fixtures.ts';
import { inlineConfigMap } from './config-map.ts';
import { APPLIED_HASH, functionDeployment, sleepingDeployment } from './deployment.ts';
import { ownershipOf } from './owner.ts';

const settings = { runtimeImage: 'catnap-runtime-nodejs26:0.1.0' };
const archive = { url: 'https://example.com/code.zip', sha256: 'a'.repeat(64) };

function aForeignFunction() {
  const none = { source: undefined, handler: undefined, runtime: undefined };
  return aFunction({ spec: inlineSpec({ image: 'ghcr.io/acme/app:1', ...none }) });
}

describe('functionDeployment', () => {
  it('runs inline code', () => {
    const fn = aFunction({
      spec: inlineSpec({
        source: { inline: { files: { 'index.mjs': 'x', 'lib/util.mjs': 'y' } } },
        env: [{ name: 'GREETING', value: 'hi' }],
        envFrom: [{ secretRef: { name: 'keys' } }],
        resources: { limits: { memory: '128Mi' } },
      }),
    });
    expect(functionDeployment(fn, 'abc123', settings)).toMatchSnapshot();
  });

  it('fetches an archive instead of mounting code', () => {
    const deployment = functionDeployment(
      aFunction({ spec: inlineSpec({ source: { archive } }) }),
      'r',
      settings,
    );
    const container = deployment.spec?.template.spec?.containers[0];
    expect(container?.env).toContainEqual({ name: 'CATNAP_ARCHIVE_URL', value: archive.url });
    expect(container?.env).toContainEqual({ name: 'CATNAP_ARCHIVE_SHA256', value: archive.sha256 });
    expect(container?.env?.map(({ name }) => name)).not.toContain('CATNAP_FUNCTION_DIR');
    expect(container?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(['/tmp']);
  });

  it('mounts a referenced ConfigMap whole', () => {
    const fn = aFunction({ spec: inlineSpec({ source: { configMap: { name: 'code' } } }) });
    const volumes = functionDeployment(fn, 'r', settings).spec?.template.spec?.volumes;
    expect(volumes).toContainEqual({ name: 'code', configMap: { name: 'code' } });
  });

  it('gives a foreign image its port but no handler', () => {
    const container = functionDeployment(aForeignFunction(), 'r', settings).spec?.template.spec
      ?.containers[0];
    expect(container?.image).toBe('ghcr.io/acme/app:1');
    expect(container?.env).toContainEqual({ name: 'PORT', value: '8080' });
    expect(container?.env?.map(({ name }) => name)).not.toContain('CATNAP_HANDLER');
  });

  describe('lets pods announce themselves', () => {
    const announce = { url: 'http://gateways:8091', key: Buffer.alloc(32, 7) };
    const announcing = { ...settings, announce };
    const environment = (fn = aFunction(), options: typeof settings = announcing) =>
      functionDeployment(fn, 'r', options).spec?.template.spec?.containers[0]?.env ?? [];

    it('with a token of the function and the uid of the pod', () => {
      expect(environment()).toEqual(
        expect.arrayContaining([
          { name: 'CATNAP_ANNOUNCE_URL', value: announce.url },
          { name: 'CATNAP_ANNOUNCE_TOKEN', value: announceToken(announce.key, 'shop/hello') },
          { name: 'CATNAP_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
        ]),
      );
    });

    it.each([
      ['a foreign image, which knows nothing of it', environment(aForeignFunction())],
      ['a platform without the address or the key', environment(aFunction(), settings)],
    ])('but not on %s', (_, env) => {
      const names = env.map(({ name }) => name).join();
      expect(names).not.toMatch(/ANNOUNCE|UID/);
    });

    it('and rolls pods by it without another revision', () => {
      const [before, after] = [settings, announcing].map((it) => functionDeployment(aFunction(), 'r', it));
      expect(after?.metadata?.annotations).not.toEqual(before?.metadata?.annotations);
      expect(after?.spec?.template.metadata).toEqual(before?.spec?.template.metadata);
    });
  });

  it('says by a hash whether anything about it changed', () => {
    const hash = (fn = aFunction(), revision = 'r') =>
      functionDeployment(fn, revision, settings).metadata?.annotations?.[APPLIED_HASH];
    expect(hash()).toBe(hash());
    expect(hash(aFunction(), 'other')).not.toBe(hash());
  });
});

it('starts asleep with nothing that the full Deployment lacks', () => {
  const sleeping = sleepingDeployment(aFunction(), settings);
  expect(sleeping.spec?.replicas).toBe(0);
  const full = functionDeployment(aFunction(), 'r', settings);
  const awake = { ...full, spec: { ...full.spec, replicas: 0 } };
  expect(isContained(sleeping, awake)).toBe(true);
});

it('keeps inline files in an immutable ConfigMap', () => {
  expect(inlineConfigMap(aFunction(), { 'lib/a.mjs': '1' }, 'abc123')).toMatchSnapshot();
});

describe('ownershipOf', () => {
  const reference = { apiVersion: 'catnap.dev/v1alpha1', kind: 'Function', name: 'hello', controller: true };
  it.each([
    ['ours', [{ ...reference, uid: 'function-uid' }]],
    ['predecessor', [{ ...reference, uid: 'earlier' }]],
    ['foreign', [{ ...reference, uid: 'x', name: 'other' }]],
    ['foreign', [{ ...reference, uid: 'function-uid', controller: false }]],
    ['foreign', []],
  ])('is %s by controller reference', (expected, ownerReferences) => {
    expect(ownershipOf(aFunction(), { ownerReferences })).toBe(expected);
  });
});
