/** A throw-away CA with a server certificate for 127.0.0.1 and client certificates. */
import { generate } from 'selfsigned';

export interface KeyPair {
  key: string;
  cert: string;
}

const common = { keyType: 'ec', algorithm: 'sha256' } as const;

export interface TestAuthority extends KeyPair {
  serverPair(dnsName?: string): Promise<KeyPair>;
  clientPair(name: string): Promise<KeyPair>;
}

export async function createTestAuthority(): Promise<TestAuthority> {
  const root = await generate([{ name: 'commonName', value: 'test CA' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true },
    ],
  });
  const ca = { key: root.private, cert: root.cert };
  const issue = async (name: string, usage: object): Promise<KeyPair> => {
    const pair = await generate([{ name: 'commonName', value: name }], {
      ...common,
      ca,
      extensions: [
        { name: 'extKeyUsage', ...usage },
        {
          name: 'subjectAltName',
          altNames: name === '127.0.0.1' ? [{ type: 7, ip: name }] : [{ type: 2, value: name }],
        },
      ],
    });
    return { key: pair.private, cert: pair.cert };
  };
  return {
    ...ca,
    serverPair: (name = '127.0.0.1') => issue(name, { serverAuth: true }),
    clientPair: (name) => issue(name, { clientAuth: true }),
  };
}
