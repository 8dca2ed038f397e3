/** Defaults of pods and of the templates of pods. */
import { clone, isObject, type JsonObject } from '../../json.ts';
import { ensureObject, isSet, objectAt, objectsAt, setDefault, textAt } from '../access.ts';

const FILE_MODE = 0o644;

/** Fills in a pod: what is true of templates, and what only a pod itself gets. */
export function defaultPod(pod: JsonObject): void {
  const spec = ensureObject(pod, 'spec');
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  const grace = spec.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && grace < 0) spec.terminationGracePeriodSeconds = 1;
  for (const container of [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')]) {
    requestsFromLimits(ensureObject(container, 'resources'));
  }
}

/** A limit without a request is requested. */
function requestsFromLimits(resources: JsonObject): void {
  if (!isObject(resources.limits)) return;
  const requests = ensureObject(resources, 'requests');
  for (const [name, value] of Object.entries(resources.limits)) setDefault(requests, name, clone(value));
}

/** Fills in a pod template's spec. */
export function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'schedulerName', 'default-scheduler');
  defaultServiceAccount(spec);
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of objectsAt(spec, list)) defaultContainer(container, spec.hostNetwork === true);
  }
  for (const volume of objectsAt(spec, 'volumes')) defaultVolume(volume);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are always written. */
function defaultServiceAccount(spec: JsonObject): void {
  const name = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  if (name === '') return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicy(textAt(container, 'image')));
  setDefault(container, 'resources', {});
  for (const port of objectsAt(container, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (hostNetwork && port.containerPort !== undefined) setDefault(port, 'hostPort', port.containerPort);
  }
  for (const { valueFrom } of objectsAt(container, 'env')) {
    if (isObject(valueFrom)) defaultValueFrom(valueFrom);
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(container[probe])) defaultProbe(container[probe]);
  }
  for (const hook of Object.values(objectAt(container, 'lifecycle'))) {
    if (isObject(hook) && isObject(hook.httpGet)) defaultHttpGet(hook.httpGet);
  }
}

function defaultValueFrom(source: JsonObject): void {
  if (isObject(source.fieldRef)) setDefault(source.fieldRef, 'apiVersion', 'v1');
  if (isObject(source.resourceFieldRef)) setDefault(source.resourceFieldRef, 'divisor', '0');
}

function defaultProbe(probe: JsonObject): void {
  for (const [field, value] of Object.entries({
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  })) {
    if (!probe[field]) probe[field] = value;
  }
  if (isObject(probe.httpGet)) defaultHttpGet(probe.httpGet);
  if (isObject(probe.grpc)) setDefault(probe.grpc, 'service', '');
}

function defaultHttpGet(action: JsonObject): void {
  if (!isSet(action, 'path')) action.path = '/';
  if (!isSet(action, 'scheme')) action.scheme = 'HTTP';
}

/** Images without a tag, or tagged latest, may change under their name. */
function pullPolicy(image: string): string {
  const [reference = ''] = image.split('@');
  if (reference !== image) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(reference)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultVolume(volume: JsonObject): void {
  if (!Object.keys(volume).some((key) => key !== 'name')) volume.emptyDir = {};
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (isObject(volume[kind])) setDefault(volume[kind], 'defaultMode', FILE_MODE);
  }
  if (isObject(volume.hostPath)) setDefault(volume.hostPath, 'type', '');
  defaultFieldRefs(objectAt(volume, 'downwardAPI'));
  for (const source of objectsAt(objectAt(volume, 'projected'), 'sources')) {
    if (isObject(source.serviceAccountToken))
      setDefault(source.serviceAccountToken, 'expirationSeconds', 3600);
    defaultFieldRefs(objectAt(source, 'downwardAPI'));
  }
}

function defaultFieldRefs(source: JsonObject): void {
  for (const { fieldRef } of objectsAt(source, 'items')) {
    if (isObject(fieldRef)) setDefault(fieldRef, 'apiVersion', 'v1');
  }
}
