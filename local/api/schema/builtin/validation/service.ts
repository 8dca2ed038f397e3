/** Validation of Services, Endpoints and EndpointSlices. */
import { isIP } from 'node:net';
import { duplicate, forbidden, invalid, notSupported, required } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { labelErrors } from '../../metadata.ts';
import { dnsLabelProblems } from '../../names.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';
import { oneOf, portNumber, portReference, problems } from './common.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

/** The errors of a Service. */
export function serviceErrors(service: JsonObject, old?: JsonObject): FieldError[] {
  const spec = objectAt(service, 'spec');
  const type = textAt(spec, 'type');
  const headless = spec.clusterIP === 'None';
  return [
    ...oneOf(spec, 'type', 'spec', TYPES),
    ...portCountErrors(spec, type, headless),
    ...externalNameErrors(spec, type),
    ...portsErrors(objectsAt(spec, 'ports')),
    ...labelErrors(spec.selector, 'spec.selector'),
    ...oneOf(spec, 'sessionAffinity', 'spec', ['ClientIP', 'None']),
    ...addressErrors(spec),
    ...clusterIpErrors(spec, old),
  ];
}

function portCountErrors(spec: JsonObject, type: string, headless: boolean): FieldError[] {
  if (objectsAt(spec, 'ports').length > 0 || headless || type === 'ExternalName') return [];
  return [required('spec.ports')];
}

function externalNameErrors(spec: JsonObject, type: string): FieldError[] {
  if (type !== 'ExternalName') return [];
  const errors: FieldError[] = [];
  if (textAt(spec, 'clusterIP') !== '') {
    errors.push(forbidden('spec.clusterIPs', 'may not be set when `type` is ExternalName'));
  }
  const name = textAt(spec, 'externalName').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  return errors;
}

function portsErrors(ports: readonly JsonObject[]): FieldError[] {
  const names = new Set<string>();
  const used = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const name = textAt(port, 'name');
    const errors: FieldError[] = [];
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    else if (name !== '') errors.push(...problems(`${at}.name`, name, dnsLabelProblems(name)));
    if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...portNumber(port, 'port', at), ...oneOf(port, 'protocol', at, PROTOCOLS));
    errors.push(...portReference(port.targetPort, `${at}.targetPort`));
    const key = `${textAt(port, 'protocol')}/${numberAt(port, 'port') ?? 0}`;
    if (used.has(key)) errors.push(duplicate(at, { port: port.port ?? 0, protocol: port.protocol ?? '' }));
    used.add(key);
    return errors;
  });
}

function addressErrors(spec: JsonObject): FieldError[] {
  const external = Array.isArray(spec.externalIPs) ? spec.externalIPs : [];
  return external.flatMap((address, index) =>
    isIP(String(address)) === 0 ? [invalid(`spec.externalIPs[${index}]`, address, IP_PROBLEM)] : [],
  );
}

const IP_PROBLEM = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function clusterIpErrors(spec: JsonObject, old: JsonObject | undefined): FieldError[] {
  const address = textAt(spec, 'clusterIP');
  const errors: FieldError[] = [];
  if (address !== '' && address !== 'None' && isIP(address) === 0) {
    errors.push(invalid('spec.clusterIPs[0]', address, IP_PROBLEM));
  }
  const before = old === undefined ? {} : objectAt(old, 'spec');
  const had = textAt(before, 'clusterIP');
  const typed = textAt(before, 'type') !== 'ExternalName' && textAt(spec, 'type') !== 'ExternalName';
  if (had !== '' && typed && had !== address) {
    errors.push(invalid('spec.clusterIPs[0]', [address], 'may not change once set'));
  }
  return errors;
}

/** The errors of Endpoints. */
export function endpointsErrors(endpoints: JsonObject): FieldError[] {
  return objectsAt(endpoints, 'subsets').flatMap((subset, index) => {
    const at = `subsets[${index}]`;
    const addresses = objectsAt(subset, 'addresses');
    const waiting = objectsAt(subset, 'notReadyAddresses');
    const errors: FieldError[] = [];
    if (addresses.length + waiting.length === 0) {
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    }
    for (const [list, items] of Object.entries({ addresses, notReadyAddresses: waiting })) {
      for (const [item, { ip }] of items.entries()) {
        if (isIP(String(ip ?? '')) === 0)
          errors.push(invalid(`${at}.${list}[${item}].ip`, ip ?? '', IP_PROBLEM));
      }
    }
    for (const [item, port] of objectsAt(subset, 'ports').entries()) {
      errors.push(...portNumber(port, 'port', `${at}.ports[${item}]`));
      errors.push(...oneOf(port, 'protocol', `${at}.ports[${item}]`, PROTOCOLS));
    }
    return errors;
  });
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;

/** The errors of an EndpointSlice. */
export function endpointSliceErrors(slice: JsonObject, old?: JsonObject): FieldError[] {
  const type = textAt(slice, 'addressType');
  const errors: FieldError[] = [];
  if (type === '') errors.push(required('addressType'));
  else if (!ADDRESS_TYPES.includes(type)) errors.push(notSupported('addressType', type, ADDRESS_TYPES));
  if (old !== undefined && old.addressType !== slice.addressType) {
    errors.push(invalid('addressType', type, 'field is immutable'));
  }
  const endpoints = objectsAt(slice, 'endpoints');
  if (endpoints.length > MAX_ENDPOINTS) {
    errors.push(invalid('endpoints', endpoints.length, `must have at most ${MAX_ENDPOINTS} items`));
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const addresses = Array.isArray(endpoint.addresses) ? endpoint.addresses : [];
    const at = `endpoints[${index}].addresses`;
    if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'));
    if (type !== 'FQDN') {
      errors.push(
        ...addresses.flatMap((address, i) =>
          isIP(String(address)) === 0 ? [invalid(`${at}[${i}]`, address, IP_PROBLEM)] : [],
        ),
      );
    }
  }
  return errors;
}
