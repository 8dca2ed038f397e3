import { clusterCgroup } from '../host/cgroups.ts';
import { DNS_SERVICE, DOMAIN, type NodeAddresses, ports } from '../plan/addresses.ts';
import { configFile, type NodeFiles, pkiFile } from '../plan/files.ts';

/** Empty: pods that use the node's resolver find nothing beyond the cluster. */
export const RESOLV_CONF = configFile('resolv.conf');

/**
 * Kubelet's defaults except where the machine (shared, cgroup v1, without CAP_SYS_RESOURCE) needs another
 * value.
 */
export function kubeletConfig(node: NodeAddresses, files: NodeFiles): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: node.address,
    port: ports.kubelet,
    healthzBindAddress: node.address,
    healthzPort: ports.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pkiFile('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pkiFile(`${node.name}.crt`),
    tlsPrivateKeyFile: pkiFile(`${node.name}.key`),
    clusterDNS: [DNS_SERVICE],
    clusterDomain: DOMAIN,
    resolvConf: RESOLV_CONF,
    containerRuntimeEndpoint: `unix://${files.containerdSocket}`,
    podLogsDir: files.podLogs,
    volumePluginDir: `${files.root}/volume-plugins`,
    cgroupDriver: 'cgroupfs',
    // Its own for each node: a kubelet removes pods' cgroups that it does not know.
    cgroupRoot: clusterCgroup(node.name),
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    serializeImagePulls: false,
    // The disk belongs to the whole machine, and images exist nowhere else: never evict or collect for it.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
  };
}
