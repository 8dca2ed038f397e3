import { describe, expect, it } from 'vitest';
import { cniConfig } from './config/cni.ts';
import { CNI_PLUGINS, containerdConfig } from './config/containerd.ts';
import { flags } from './config/control-plane.ts';
import { kubeletConfig } from './config/kubelet.ts';
import { allParts } from './parts.ts';
import { controlPlane, planNodes } from './plan/addresses.ts';
import { DIRECTORY, nodeFiles } from './plan/files.ts';

const argumentsOf = (name: string) => allParts(planNodes(2)).find((part) => part.name === name)?.args ?? [];

it('names the parts as tests stop and start them', () => {
  expect(allParts(planNodes(2)).map(({ name }) => name)).toEqual([
    'etcd',
    'apiserver',
    'controller-manager',
    'scheduler',
    'dns',
    'provisioner',
    'containerd-node-1',
    'kubelet-node-1',
    'proxy-node-1',
    'containerd-node-2',
    'kubelet-node-2',
  ]);
});

it('writes flags as Kubernetes reads them', () => {
  expect(flags({ 'leader-elect': false, 'secure-port': 1 })).toEqual([
    '--leader-elect=false',
    '--secure-port=1',
  ]);
});

it('listens only on the nodes and on loopback', () => {
  const hosts = allParts(planNodes(2))
    .flatMap(({ args }) => args)
    .filter((arg) => /^--(bind-address|advertise-address|listen-[\w-]+)=/.test(arg))
    .map((arg) => arg.replace(/^[^=]+=(https?:\/\/)?/, '').replace(/:\d+$/, ''));
  expect(hosts.length).toBeGreaterThan(5);
  expect(hosts.filter((host) => host !== controlPlane.address && host !== '127.0.0.1')).toEqual([]);
});

it('lets the data store be used with a certificate only', () => {
  expect(argumentsOf('etcd')).toContain('--client-cert-auth=true');
  expect(argumentsOf('apiserver').filter((arg) => arg.startsWith('--etcd-'))).toHaveLength(4);
});

describe('two nodes on one machine', () => {
  const [first, second] = planNodes(2).map((node) => ({ node, own: nodeFiles(node.name) })) as [Both, Both];
  type Both = { node: ReturnType<typeof planNodes>[0]; own: ReturnType<typeof nodeFiles> };

  it('share no file and no cgroup', () => {
    const texts = [first, second].map(({ node, own }) =>
      [containerdConfig(own), JSON.stringify(kubeletConfig(node, own)), cniConfig(node, own.addresses)].join(
        '\n',
      ),
    );
    expect(texts[0]).not.toContain('node-2');
    expect(texts[1]).not.toContain('node-1');
    expect(texts[1]).toContain('"cgroupRoot":"/catnap-cluster-node-2"');
  });

  it('stay below the cluster directory, with sockets that are short enough', () => {
    const paths = containerdConfig(first.own).match(/"\/[^"]+"/g) ?? [];
    const outside = paths.filter((path) => !path.startsWith(`"${DIRECTORY}/`));
    expect(outside).toEqual([`"${CNI_PLUGINS}"`, '"/usr/sbin/runc"']);
    expect(second.own.containerdSocket.length).toBeLessThan(108 - '.ttrpc'.length);
  });
});
