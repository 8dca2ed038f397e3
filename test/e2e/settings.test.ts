import { describe, expect, it } from 'vitest';
import { inline } from './support/function.ts';
import { useNamespace } from './support/namespace.ts';

const SHOW_ENV = `
  export const handler = () => Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(PLAIN|FROM|ALL)_/.test(name)),
  );
`;

describe('environment variables', () => {
  const space = useNamespace('settings');

  it('come from the spec, from Secrets and from ConfigMaps', async () => {
    const test = space();
    await test.applyData('Secret', 'keys', { token: 's3cret', FROM_SECRET: 'x' });
    await test.applyData('ConfigMap', 'options', { colour: 'blue', SIZE: '9' });
    await test.deploy(
      'env',
      inline(SHOW_ENV, {
        env: [
          { name: 'PLAIN_VALUE', value: 'literal' },
          { name: 'FROM_KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
          { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'options', key: 'colour' } } },
          { name: 'FROM_NOWHERE', valueFrom: { secretKeyRef: { name: 'absent', key: 'x', optional: true } } },
        ],
        envFrom: [{ secretRef: { name: 'keys' } }, { prefix: 'ALL_', configMapRef: { name: 'options' } }],
      }),
    );
    const answer = await test.call('env');
    expect(JSON.parse(answer.text)).toEqual({
      PLAIN_VALUE: 'literal',
      FROM_KEY: 's3cret',
      FROM_MAP: 'blue',
      FROM_SECRET: 'x',
      ALL_colour: 'blue',
      ALL_SIZE: '9',
    });
  });
});

describe('files', () => {
  const space = useNamespace('files');

  it('may be several, in folders, with a handler in one of them', async () => {
    const test = space();
    const files = {
      'lib/greet.mjs': "export const greet = (name) => 'Hello, ' + name;",
      'api/main.mjs': "import { greet } from '../lib/greet.mjs'; export const serve = () => greet('folder');",
    };
    await test.deploy('folders', { handler: 'api/main.serve', source: { inline: { files } } });
    expect((await test.call('folders')).text).toBe('Hello, folder');
  });

  it('may come from a ConfigMap', async () => {
    const test = space();
    await test.applyData('ConfigMap', 'code', { 'index.mjs': "export const handler = () => 'from a map';" });
    await test.deploy('mapped', { source: { configMap: { name: 'code' } } });
    expect((await test.call('mapped')).text).toBe('from a map');
  });
});
