/** The cluster's certificate authority and everything it signs. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { generate } from 'selfsigned';
import { FRONT_PROXY } from '../config/control-plane.ts';
import {
  API_SERVICE,
  controlPlane,
  DOMAIN,
  MAX_NODES,
  type NodeAddresses,
  planNodes,
} from '../plan/addresses.ts';
import { files, pkiFile } from '../plan/files.ts';

export interface Identity {
  /** Name of the `.crt` and `.key` files. */
  file: string;
  commonName: string;
  organization?: string;
  /** With host names or addresses it is (also) a server's. */
  hosts?: string[];
}

const LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;
const CLOCK_SKEW_MS = 60 * 60 * 1000;

/** Everyone who has a certificate: users by common name and group (organization), as Kubernetes reads them. */
export function identities(nodes: NodeAddresses[]): Identity[] {
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  return [
    { file: 'admin', commonName: 'admin', organization: 'system:masters' },
    { file: 'controller-manager', commonName: 'system:kube-controller-manager' },
    { file: 'scheduler', commonName: 'system:kube-scheduler' },
    { file: 'proxy', commonName: 'system:kube-proxy' },
    { file: 'dns', commonName: 'catnap:dns' },
    { file: 'provisioner', commonName: 'catnap:provisioner' },
    { file: 'kubelet-client', commonName: 'kube-apiserver', organization: 'system:masters' },
    { file: 'etcd-client', commonName: 'kube-apiserver' },
    { file: 'etcd', commonName: 'etcd', hosts: ['127.0.0.1', 'localhost'] },
    ...nodes.flatMap(({ name, address }) => [
      { file: `kubelet-${name}`, commonName: `system:node:${name}`, organization: 'system:nodes' },
      {
        file: name,
        commonName: name,
        hosts:
          name === controlPlane.name
            ? [address, API_SERVICE, ...services, `kubernetes.default.svc.${DOMAIN}`, name]
            : [address, name],
      },
    ]),
  ];
}

/**
 * Makes the authority, all certificates (also of nodes that may come later) and the key pair of service
 * account tokens.
 */
export async function createPki(): Promise<void> {
  await mkdir(files.pki, { recursive: true, mode: 0o700 });
  const authority = await sign({ file: 'ca', commonName: 'catnap-cluster' });
  await Promise.all(identities(planNodes(MAX_NODES)).map((identity) => sign(identity, authority)));
  // An authority of its own: whoever it signs for may act for any user.
  const aggregation = await sign({ file: 'front-proxy-ca', commonName: 'catnap-cluster-front-proxy' });
  await sign({ file: 'front-proxy-client', commonName: FRONT_PROXY }, aggregation);
  const tokens = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await write('service-accounts.key', tokens.privateKey.export({ type: 'sec1', format: 'pem' }));
  await write('service-accounts.pub', tokens.publicKey.export({ type: 'spki', format: 'pem' }));
}

async function sign(identity: Identity, ca?: { key: string; cert: string }) {
  const { file, commonName, organization, hosts = [] } = identity;
  const subject = [{ name: 'commonName', value: commonName }];
  if (organization) subject.push({ name: 'organizationName', value: organization });
  const now = Date.now();
  const pair = await generate(subject, {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - CLOCK_SKEW_MS),
    notAfterDate: new Date(now + LIFETIME_MS),
    ca,
    extensions: [
      { name: 'basicConstraints', cA: ca === undefined, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: ca === undefined, critical: true },
      ...(ca ? [{ name: 'extKeyUsage' as const, clientAuth: true, serverAuth: hosts.length > 0 }] : []),
      ...(hosts.length > 0 ? [{ name: 'subjectAltName' as const, altNames: hosts.map(alternative) }] : []),
    ],
  });
  await write(`${file}.crt`, pair.cert);
  await write(`${file}.key`, pair.private);
  return { key: pair.private, cert: pair.cert };
}

function alternative(host: string): { type: 2; value: string } | { type: 7; ip: string } {
  return /^[\d.]+$/.test(host) ? { type: 7, ip: host } : { type: 2, value: host };
}

const write = (name: string, content: string | Buffer) => writeFile(pkiFile(name), content, { mode: 0o600 });
