/** The cluster's processes: what each runs and how it tells that it is usable. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  apiserverArguments,
  controllerManagerArguments,
  etcdArguments,
  flags,
  schedulerArguments,
} from './config/control-plane.ts';
import { API_URL, controlPlane, type NodeAddresses, ports } from './plan/addresses.ts';
import { configFile, files, nodeFiles } from './plan/files.ts';

/** How to see that a part can be used. */
export type Probe =
  /** Answers 200, with this in its body. */
  | { kind: 'http'; url: string; contains?: string }
  | { kind: 'containerd'; socket: string }
  | { kind: 'dns'; server: string }
  /** Nothing waits for it: it is enough that the process runs. */
  | { kind: 'running' };

export interface Part {
  /** As in `stopPart(name)`. */
  name: string;
  command: string;
  args: string[];
  probe: Probe;
}

const kubernetes = join(files.bin, 'kubernetes');
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** What a cluster has once, in the order of starting; all but etcd and the API server may start at once. */
export function controlPlaneParts(): Part[] {
  const http = (url: string) => ({ kind: 'http' as const, url });
  const at = (port: number) => `${controlPlane.address}:${port}`;
  return [
    {
      name: 'etcd',
      command: '/usr/bin/etcd',
      args: etcdArguments(),
      probe: http(`http://127.0.0.1:${ports.etcdHealth}/health`),
    },
    {
      name: 'apiserver',
      command: kubernetes,
      args: ['kube-apiserver', ...apiserverArguments()],
      probe: http(`${API_URL}/readyz`),
    },
    {
      name: 'controller-manager',
      command: kubernetes,
      args: ['kube-controller-manager', ...controllerManagerArguments()],
      // Healthy long before it has started its controllers, which then show one by one.
      probe: {
        ...http(`https://${at(ports.controllerManager)}/healthz?verbose`),
        contains: 'namespace-controller ok',
      },
    },
    {
      name: 'scheduler',
      command: kubernetes,
      args: ['kube-scheduler', ...schedulerArguments()],
      probe: http(`https://${at(ports.scheduler)}/readyz`),
    },
    {
      name: 'dns',
      command: join(files.bin, 'coredns'),
      args: ['-conf', configFile('Corefile'), '-quiet'],
      probe: { kind: 'dns', server: controlPlane.address },
    },
    {
      name: 'provisioner',
      command: process.execPath,
      args: [main, 'provision-volumes'],
      probe: { kind: 'running' },
    },
  ];
}

/** What each node has: its container runtime first, which the kubelet needs. */
export function nodeParts(node: NodeAddresses): Part[] {
  const own = nodeFiles(node.name);
  const parts: Part[] = [
    {
      name: `containerd-${node.name}`,
      command: '/usr/bin/containerd',
      args: ['--config', configFile(`containerd-${node.name}.toml`)],
      probe: { kind: 'containerd', socket: own.containerdSocket },
    },
    {
      name: `kubelet-${node.name}`,
      command: kubernetes,
      args: [
        'kubelet',
        ...flags({
          config: configFile(`kubelet-${node.name}.json`),
          kubeconfig: configFile(`kubelet-${node.name}.kubeconfig`),
          'hostname-override': node.name,
          'node-ip': node.address,
          'root-dir': own.kubelet,
        }),
      ],
      probe: { kind: 'http', url: `http://${node.address}:${ports.kubeletHealth}/healthz` },
    },
  ];
  // All nodes share the machine's network namespace, and so one set of rules for Services.
  return node.name === controlPlane.name ? [...parts, proxyPart()] : parts;
}

function proxyPart(): Part {
  return {
    name: `proxy-${controlPlane.name}`,
    command: kubernetes,
    args: ['kube-proxy', ...flags({ config: configFile('proxy.json') })],
    // Its /healthz fails as long as the node is not registered.
    probe: { kind: 'http', url: `http://${controlPlane.address}:${ports.proxyHealth}/livez` },
  };
}

export function allParts(nodes: NodeAddresses[]): Part[] {
  return [...controlPlaneParts(), ...nodes.flatMap(nodeParts)];
}
