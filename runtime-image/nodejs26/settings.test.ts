import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

describe('readSettings', () => {
  it('has a default for everything', () => {
    expect(readSettings({})).toEqual({
      host: undefined,
      port: 8080,
      handler: 'index.handler',
      source: { directory: '/function' },
      concurrency: 10,
      timeoutMs: 30_000,
      functionName: 'function',
      namespace: 'default',
      revision: '',
      announce: undefined,
    });
  });

  it('takes what the operator sets', () => {
    const settings = readSettings({
      HOST: '127.64.0.1',
      PORT: '80',
      CATNAP_HANDLER: 'src/app.main',
      CATNAP_ARCHIVE_URL: 'https://store.example/a.zip',
      CATNAP_ARCHIVE_SHA256: 'a'.repeat(64),
      CATNAP_CONCURRENCY: '1',
      CATNAP_TIMEOUT_SECONDS: '3600',
      CATNAP_FUNCTION_NAME: 'n',
      CATNAP_FUNCTION_NAMESPACE: 'ns',
      CATNAP_REVISION: 'r',
      CATNAP_ANNOUNCE_URL: 'http://gateways:8091',
      CATNAP_ANNOUNCE_TOKEN: 't',
      CATNAP_POD_UID: 'u',
    });
    expect(settings).toMatchObject({
      host: '127.64.0.1',
      port: 80,
      concurrency: 1,
      timeoutMs: 3_600_000,
      namespace: 'ns',
      announce: { url: 'http://gateways:8091', token: 't', podUid: 'u', functionKey: 'ns/n' },
    });
    expect(settings.source).toEqual({ archiveUrl: 'https://store.example/a.zip', sha256: 'a'.repeat(64) });
  });

  it.each(['CATNAP_ANNOUNCE_URL', 'CATNAP_ANNOUNCE_TOKEN', 'CATNAP_POD_UID'])(
    'does not announce anything without %s',
    (missing) => {
      const env = {
        CATNAP_ANNOUNCE_URL: 'u',
        CATNAP_ANNOUNCE_TOKEN: 't',
        CATNAP_POD_UID: 'i',
        [missing]: '',
      };
      expect(readSettings(env).announce).toBeUndefined();
    },
  );

  it.each(['index', '.handler', 'index.', '../index.handler', 'a/../../b.handler', 'index.a-b'])(
    'refuses the handler %s',
    (handler) => {
      expect(() => readSettings({ CATNAP_HANDLER: handler })).toThrow(
        /^CATNAP_HANDLER is ".*"; it must be FILE\.EXPORT/,
      );
    },
  );

  it.each(['1.5', '-1', '1e2', ' 1', '0', '1001'])('refuses the concurrency %s', (text) => {
    expect(() => readSettings({ CATNAP_CONCURRENCY: text })).toThrow('must be an integer from 1 to 1000');
  });

  it('does not repeat an archive URL, which may hold a secret', () => {
    const env = { CATNAP_ARCHIVE_URL: 'ftp://user:secret@host/', CATNAP_ARCHIVE_SHA256: 'nope' };
    expect(() => readSettings(env)).toThrow(
      'CATNAP_ARCHIVE_URL must start with http:// or https://; CATNAP_ARCHIVE_SHA256 must be 64 lower-case hex digits when CATNAP_ARCHIVE_URL is set',
    );
  });
});
