import { controlPlane, NODE_RANGE, POD_RANGE, ports } from '../plan/addresses.ts';
import { configFile } from '../plan/files.ts';

/** kube-proxy in iptables mode. Leaves the machine's connection tracking limits alone. */
export function proxyConfig(): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: configFile('proxy.kubeconfig') },
    hostnameOverride: controlPlane.name,
    bindAddress: controlPlane.address,
    healthzBindAddress: `${controlPlane.address}:${ports.proxyHealth}`,
    metricsBindAddress: `${controlPlane.address}:${ports.proxyMetrics}`,
    clusterCIDR: POD_RANGE,
    detectLocalMode: 'ClusterCIDR',
    // Node ports open on the nodes' addresses only, not on those by which others reach the machine.
    nodePortAddresses: [NODE_RANGE],
    iptables: { localhostNodePorts: false },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    oomScoreAdj: 0,
  };
}
