import { describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { announceToken } from '#crds/wire/announcement.ts';
import type { Sources } from '#kube/env/sources.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import { launchEnvironment, launchSpecBytes } from './spec.ts';

const announce = { url: 'http://gateways:8091', key: Buffer.alloc(32, 7) };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const kept: Record<string, Record<string, string>> = {
  keys: { TOKEN: base64('s3cret') },
  certificates: { SSL_CERT_FILE: base64('/ca.pem') },
  options: { NODE_OPTIONS: base64('--inspect') },
  binary: { BLOB: base64('a\0b') },
};
const sources: Sources = {
  configMap: (name) => (name === 'settings' ? { data: { MODE: 'fast' } } : undefined),
  secret: (name) => (kept[name] ? { data: kept[name] } : undefined),
};
const environment = (spec: Partial<FunctionSpec> = {}) =>
  launchEnvironment(aFunction({ spec: inlineSpec(spec) }), 'r1', announce, sources);
const from = (name: string): Partial<FunctionSpec> => ({ envFrom: [{ secretRef: { name } }] });

describe('launchEnvironment', () => {
  it('is what a container of the function would be given, but for what the pod knows', () => {
    const env = [
      { name: 'GREETING', value: '$(MODE) on $(PORT)' },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'TOKEN' } } },
    ];
    expect(environment({ env, envFrom: [{ configMapRef: { name: 'settings' } }] })).toEqual({
      PORT: '8080',
      CATNAP_FUNCTION_NAME: 'hello',
      CATNAP_FUNCTION_NAMESPACE: 'shop',
      CATNAP_REVISION: 'r1',
      CATNAP_CONCURRENCY: '10',
      CATNAP_TIMEOUT_SECONDS: '30',
      CATNAP_HANDLER: 'index.handler',
      CATNAP_ANNOUNCE_URL: announce.url,
      CATNAP_ANNOUNCE_TOKEN: announceToken(announce.key, 'shop/hello'),
      NODE_OPTIONS: '--max-old-space-size=384',
      MODE: 'fast',
      GREETING: 'fast on 8080',
      KEY: 's3cret',
    });
  });

  it('says where an archive is', () => {
    const archive = { url: 'https://example.com/a.zip', sha256: 'a'.repeat(64) };
    expect(environment({ source: { archive } })).toMatchObject({
      CATNAP_ARCHIVE_URL: archive.url,
      CATNAP_ARCHIVE_SHA256: archive.sha256,
    });
  });

  it.each([
    [from('none'), 'secret "none" not found'],
    [from('certificates'), 'SSL_CERT_FILE counts only when a process starts'],
    [from('binary'), 'BLOB holds a zero byte'],
  ])('refuses %j', (spec, why) => expect(() => environment(spec)).toThrow(why));

  it('has the options for the heap that win over those of envFrom, as in a container', () => {
    expect(environment(from('options')).NODE_OPTIONS).toBe('--max-old-space-size=384');
  });
});

describe('launchSpecBytes', () => {
  const bytes = (env: Record<string, string>, files = {}) =>
    launchSpecBytes(aFunction(), 'r1', env, { files }).toString();

  it('are the same for the same content', () => {
    expect(bytes({ A: '1', B: '2' }, { 'a.mjs': 'x' })).toBe(bytes({ B: '2', A: '1' }, { 'a.mjs': 'x' }));
    expect(JSON.parse(bytes({ A: '1' }, { 'a.mjs': 'x' }))).toEqual({
      function: 'shop/hello',
      revision: 'r1',
      env: { A: '1' },
      files: { 'a.mjs': 'x' },
    });
  });

  it('have a bound', () => {
    expect(() => bytes({}, { 'a.mjs': 'x'.repeat(2 ** 22) })).toThrow('too many to hand over');
  });
});

describe('of class isolate', () => {
  const isolateOf = (spec: Partial<FunctionSpec>) =>
    JSON.parse(launchSpecBytes(aFunction({ spec: inlineSpec(spec) }), 'r1', {}, {}).toString()).isolate;

  it('says what the function may take of its host', () => {
    expect(isolateOf({ class: 'isolate' })).toEqual({ memoryMebibytes: 64, idleSeconds: 60 });
    const limits = { memory: '128Mi', cpu: '500m' };
    expect(isolateOf({ class: 'isolate', resources: { limits } })).toEqual({
      memoryMebibytes: 64,
      cpuMillis: 500,
      idleSeconds: 60,
    });
  });

  it('says nothing of it for others', () => {
    expect(isolateOf({})).toBeUndefined();
  });
});
