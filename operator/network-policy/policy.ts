/** The NetworkPolicy that isolates function pods: one for all functions of a namespace. */
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from 'kubernetes-types/networking/v1.js';
import { isolatePorts } from '#crds/wire/launch-spec.ts';
import { CLAIM_PORT, FUNCTION_PORT, labels, MANAGED_BY } from '#crds/wire/names.ts';

export const POLICY_NAME = 'catnap-functions';
/** Field selector of the policies under that name. */
export const POLICY_SELECTOR = `metadata.name=${POLICY_NAME}`;

/** Of hosts that functions share, each on a port of its own. */
const ISOLATE_PORTS: NetworkPolicyPort = {
  protocol: 'TCP',
  port: isolatePorts.first,
  endPort: isolatePorts.last,
};

/** Of a gateway: where callers reach it, and where pods announce themselves. */
const GATEWAY_PORTS = [8080, 8091];

/**
 * Where clouds serve credentials of the node and the like: link-local addresses, and the few services that
 * sit elsewhere (Azure 168.63.129.16, Alibaba 100.100.100.200, AWS fd00:ec2::/32, Google fd20:ce::254,
 * Oracle fd00:c1::a9fe:a9fe).
 */
const METADATA_V4 = ['169.254.0.0/16', '168.63.129.16/32', '100.100.100.200/32'];
const METADATA_V6 = ['fe80::/10', 'fd00:ec2::/32', 'fd20:ce::254/128', 'fd00:c1::a9fe:a9fe/128'];

/** Set by Kubernetes on every namespace. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/**
 * The policy of one namespace.
 *
 * Two kinds of peers lead out, because network plugins differ: to some an address range covers pods too,
 * to others (Cilium) pods are reached by labels only. Where ranges cover pods, the rule for the platform's
 * namespace cannot keep anything out that the range lets in: policies only ever add. The platform's own
 * pods are therefore guarded by policies of their own.
 *
 * @param platformNamespace where the gateways run
 */
export function functionsPolicy(namespace: string, platformNamespace: string): NetworkPolicy {
  const gateways: NetworkPolicyPeer = {
    namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: platformNamespace } },
    podSelector: {
      matchLabels: { 'app.kubernetes.io/component': 'gateway', 'app.kubernetes.io/part-of': MANAGED_BY },
    },
  };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: POLICY_NAME, namespace, labels: { [labels.managedBy]: MANAGED_BY } },
    spec: {
      // Warm pods too: the policy holds for them before and after they are a function's.
      podSelector: { matchLabels: { [labels.managedBy]: MANAGED_BY } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [gateways], ports: [tcp(FUNCTION_PORT), tcp(CLAIM_PORT), ISOLATE_PORTS] }],
      egress: [
        // To anywhere: resolvers of clouds and of nodes have link-local addresses.
        { ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] },
        { to: [gateways], ports: GATEWAY_PORTS.map(tcp) },
        {
          to: [
            {
              namespaceSelector: {
                matchExpressions: [{ key: NAMESPACE_NAME, operator: 'NotIn', values: [platformNamespace] }],
              },
            },
            { ipBlock: { cidr: '0.0.0.0/0', except: METADATA_V4 } },
            { ipBlock: { cidr: '::/0', except: METADATA_V6 } },
          ],
        },
      ],
    },
  };
}

function tcp(port: number): NetworkPolicyPort {
  return { protocol: 'TCP', port };
}
