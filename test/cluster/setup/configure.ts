/** Writes the configuration files of all parts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cniConfig } from '../config/cni.ts';
import { containerdConfig } from '../config/containerd.ts';
import { corefile } from '../config/corefile.ts';
import { kubeletConfig, RESOLV_CONF } from '../config/kubelet.ts';
import { proxyConfig } from '../config/proxy.ts';
import { clusterCgroup, createCgroup } from '../host/cgroups.ts';
import { setNodeShares } from '../host/cpu-shares.ts';
import type { NodeAddresses } from '../plan/addresses.ts';
import { configFile, files, nodeFiles } from '../plan/files.ts';
import { writeKubeconfig } from './kubeconfig.ts';

export async function configureControlPlane(): Promise<void> {
  await mkdir(files.etcd, { mode: 0o700 });
  await mkdir(files.volumes, { mode: 0o711 });
  await writeKubeconfig(files.kubeconfig, 'admin');
  for (const user of ['controller-manager', 'scheduler', 'proxy', 'dns', 'provisioner']) {
    await writeKubeconfig(configFile(`${user}.kubeconfig`), user);
  }
  await writeFile(configFile('proxy.json'), JSON.stringify(proxyConfig(), null, 2));
  await writeFile(configFile('Corefile'), corefile());
  await writeFile(RESOLV_CONF, '# no name servers but the cluster\n');
}

/** Needs the node's certificates. */
export async function configureNode(node: NodeAddresses): Promise<void> {
  const own = nodeFiles(node.name);
  for (const directory of [own.root, own.cni]) await mkdir(directory, { recursive: true, mode: 0o711 });
  await writeFile(join(own.cni, '10-catnap.conflist'), cniConfig(node, own.addresses));
  await writeFile(configFile(`containerd-${node.name}.toml`), containerdConfig(own));
  await writeFile(configFile(`kubelet-${node.name}.json`), JSON.stringify(kubeletConfig(node, own), null, 2));
  await writeKubeconfig(configFile(`kubelet-${node.name}.kubeconfig`), `kubelet-${node.name}`);
  await createCgroup(clusterCgroup(node.name));
  await setNodeShares(clusterCgroup(node.name));
}
