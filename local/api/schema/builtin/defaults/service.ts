/** Defaults of Services, Endpoints and EndpointSlices. */
import { isObject, type JsonObject } from '../../json.ts';
import { ensureObject, isSet, objectsAt, setDefault } from '../access.ts';

const AFFINITY_SECONDS = 10_800;

/** Fills in a Service. Addresses are given out elsewhere. */
export function defaultService(service: JsonObject): void {
  const spec = ensureObject(service, 'spec');
  if (!isSet(spec, 'sessionAffinity')) spec.sessionAffinity = 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    const config = ensureObject(spec, 'sessionAffinityConfig');
    setDefault(ensureObject(config, 'clientIP'), 'timeoutSeconds', AFFINITY_SECONDS);
  }
  if (!isSet(spec, 'type')) spec.type = 'ClusterIP';
  for (const port of objectsAt(spec, 'ports')) {
    if (!isSet(port, 'protocol')) port.protocol = 'TCP';
    const target = port.targetPort;
    if ((target === undefined || target === 0 || target === '') && port.port !== undefined) {
      port.targetPort = port.port;
    }
  }
  defaultTraffic(spec);
}

function defaultTraffic(spec: JsonObject): void {
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external && !isSet(spec, 'externalTrafficPolicy')) spec.externalTrafficPolicy = 'Cluster';
  if (external || spec.type === 'ClusterIP') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
}

/** Fills in Endpoints. */
export function defaultEndpoints(endpoints: JsonObject): void {
  for (const subset of objectsAt(endpoints, 'subsets')) {
    for (const port of objectsAt(subset, 'ports')) if (!isSet(port, 'protocol')) port.protocol = 'TCP';
  }
}

/** Fills in an EndpointSlice. */
export function defaultEndpointSlice(slice: JsonObject): void {
  for (const endpoint of objectsAt(slice, 'endpoints')) setDefault(endpoint, 'conditions', {});
  for (const port of objectsAt(slice, 'ports')) {
    setDefault(port, 'name', '');
    setDefault(port, 'protocol', 'TCP');
  }
}

/** Fills in a NetworkPolicy. */
export function defaultNetworkPolicy(policy: JsonObject): void {
  const spec = ensureObject(policy, 'spec');
  for (const rule of [...objectsAt(spec, 'ingress'), ...objectsAt(spec, 'egress')]) {
    for (const port of objectsAt(rule, 'ports')) setDefault(port, 'protocol', 'TCP');
  }
  if (!isObject(spec.podSelector)) spec.podSelector = {};
  if (Array.isArray(spec.policyTypes) && spec.policyTypes.length > 0) return;
  const hasEgress = Array.isArray(spec.egress) && spec.egress.length > 0;
  spec.policyTypes = hasEgress ? ['Ingress', 'Egress'] : ['Ingress'];
}
