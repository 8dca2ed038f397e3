/** Command lines of etcd and of the control plane, after what kubeadm passes. */
import { controlPlane, DOMAIN, POD_RANGE, ports, SERVICE_RANGE } from '../plan/addresses.ts';
import { configFile, files, pkiFile } from '../plan/files.ts';

/** Common name of the API server when it passes a request on to an API server that extends it. */
export const FRONT_PROXY = 'front-proxy-client';

/** `{ 'a-b': 'c' }` becomes `--a-b=c`. */
export function flags(values: Record<string, string | number | boolean>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

const servingCertificate = {
  'tls-cert-file': pkiFile(`${controlPlane.name}.crt`),
  'tls-private-key-file': pkiFile(`${controlPlane.name}.key`),
};

const ETCD_URL = `https://127.0.0.1:${ports.etcd}`;

export function etcdArguments(): string[] {
  const peerUrl = `http://127.0.0.1:${ports.etcdPeer}`;
  return flags({
    name: 'catnap',
    'data-dir': files.etcd,
    'listen-client-urls': ETCD_URL,
    'advertise-client-urls': ETCD_URL,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `catnap=${peerUrl}`,
    'listen-metrics-urls': `http://127.0.0.1:${ports.etcdHealth}`,
    'client-cert-auth': true,
    'trusted-ca-file': pkiFile('ca.crt'),
    'cert-file': pkiFile('etcd.crt'),
    'key-file': pkiFile('etcd.key'),
    logger: 'zap',
    'log-level': 'warn',
  });
}

export function apiserverArguments(): string[] {
  return flags({
    'bind-address': controlPlane.address,
    'advertise-address': controlPlane.address,
    'secure-port': ports.apiserver,
    ...servingCertificate,
    'cert-dir': files.pki,
    'client-ca-file': pkiFile('ca.crt'),
    'etcd-servers': ETCD_URL,
    'etcd-cafile': pkiFile('ca.crt'),
    'etcd-certfile': pkiFile('etcd-client.crt'),
    'etcd-keyfile': pkiFile('etcd-client.key'),
    'kubelet-certificate-authority': pkiFile('ca.crt'),
    'kubelet-client-certificate': pkiFile('kubelet-client.crt'),
    'kubelet-client-key': pkiFile('kubelet-client.key'),
    'kubelet-preferred-address-types': 'InternalIP',
    'requestheader-client-ca-file': pkiFile('front-proxy-ca.crt'),
    'requestheader-allowed-names': FRONT_PROXY,
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': pkiFile('front-proxy-client.crt'),
    'proxy-client-key-file': pkiFile('front-proxy-client.key'),
    'service-account-issuer': `https://kubernetes.default.svc.${DOMAIN}`,
    'service-account-key-file': pkiFile('service-accounts.pub'),
    'service-account-signing-key-file': pkiFile('service-accounts.key'),
    'service-cluster-ip-range': SERVICE_RANGE,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    profiling: false,
  });
}

/** Elections would only delay a restart: there is one of each. */
const alone = { 'leader-elect': false, 'bind-address': controlPlane.address, profiling: false };

function clientOf(name: string) {
  const file = configFile(`${name}.kubeconfig`);
  return { kubeconfig: file, 'authentication-kubeconfig': file, 'authorization-kubeconfig': file };
}

export function controllerManagerArguments(): string[] {
  return flags({
    ...alone,
    ...clientOf('controller-manager'),
    ...servingCertificate,
    'secure-port': ports.controllerManager,
    'cert-dir': files.pki,
    'root-ca-file': pkiFile('ca.crt'),
    'service-account-private-key-file': pkiFile('service-accounts.key'),
    'use-service-account-credentials': true,
    'cluster-cidr': POD_RANGE,
    'service-cluster-ip-range': SERVICE_RANGE,
    // Each node's CNI configuration has its range.
    'allocate-node-cidrs': false,
    // As where there are thousands of Deployments: with the defaults, 20 and 30, it would take half an hour for 10,000.
    'kube-api-qps': 100,
    'kube-api-burst': 200,
    'flex-volume-plugin-dir': configFile('volume-plugins'),
  });
}

export function schedulerArguments(): string[] {
  return flags({
    ...alone,
    ...clientOf('scheduler'),
    ...servingCertificate,
    'secure-port': ports.scheduler,
    'cert-dir': files.pki,
  });
}
