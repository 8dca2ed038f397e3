/**
 * The Protocol Buffers messages that kubectl sends instead of JSON: `number:field:type`, by message.
 *
 * Types: `string`, `int`, `bool`, `bytes` (base64 in JSON), another message, or one of the forms that
 * JSON writes differently (Time, Quantity, IntOrString, RawJson). `[]type` repeats, `{}type` maps strings
 * to it, and a field named `.` is a message whose fields JSON shows as those of its parent.
 */

export interface FieldDescriptor {
  name: string;
  type: string;
  form: 'single' | 'list' | 'map';
}

export type MessageDescriptor = ReadonlyMap<number, FieldDescriptor>;

const META = '1:metadata:ObjectMeta';
const withSpecAndStatus = (spec: string, status: string) => `${META} 2:spec:${spec} 3:status:${status}`;
const KEY_SELECTOR = '1:.:LocalObjectReference 2:key:string 3:optional:bool';
const LOCAL_SOURCE = '1:.:LocalObjectReference 2:optional:bool';

const SOURCES: Readonly<Record<string, string>> = {
  TypeMeta: '1:apiVersion:string 2:kind:string',
  Unknown: '1:typeMeta:TypeMeta 2:raw:bytes 3:contentEncoding:string 4:contentType:string',

  ObjectMeta: `1:name:string 2:generateName:string 3:namespace:string 4:selfLink:string 5:uid:string
    6:resourceVersion:string 7:generation:int 8:creationTimestamp:Time 9:deletionTimestamp:Time
    10:deletionGracePeriodSeconds:int 11:labels:{}string 12:annotations:{}string
    13:ownerReferences:[]OwnerReference 14:finalizers:[]string 17:managedFields:[]ManagedFieldsEntry`,
  OwnerReference:
    '1:kind:string 3:name:string 4:uid:string 5:apiVersion:string 6:controller:bool 7:blockOwnerDeletion:bool',
  ManagedFieldsEntry: `1:manager:string 2:operation:string 3:apiVersion:string 4:time:Time
    6:fieldsType:string 7:fieldsV1:RawJson 8:subresource:string`,
  LabelSelector: '1:matchLabels:{}string 2:matchExpressions:[]LabelSelectorRequirement',
  LabelSelectorRequirement: '1:key:string 2:operator:string 3:values:[]string',
  DeleteOptions: `1:gracePeriodSeconds:int 2:preconditions:Preconditions 3:orphanDependents:bool
    4:propagationPolicy:string 5:dryRun:[]string`,
  Preconditions: '1:uid:string 2:resourceVersion:string',
  Empty: '',

  Namespace: withSpecAndStatus('NamespaceSpec', 'NamespaceStatus'),
  NamespaceSpec: '1:finalizers:[]string',
  NamespaceStatus: '1:phase:string',
  ConfigMap: `${META} 2:data:{}string 3:binaryData:{}bytes 4:immutable:bool`,
  Secret: `${META} 2:data:{}bytes 3:type:string 4:stringData:{}string 5:immutable:bool`,
  ServiceAccount: `${META} 2:secrets:[]ObjectReference 3:imagePullSecrets:[]LocalObjectReference
    4:automountServiceAccountToken:bool`,
  ObjectReference: `1:kind:string 2:namespace:string 3:name:string 4:uid:string 5:apiVersion:string
    6:resourceVersion:string 7:fieldPath:string`,
  LocalObjectReference: '1:name:string',
  Binding: `${META} 2:target:ObjectReference`,

  Service: withSpecAndStatus('ServiceSpec', 'ServiceStatus'),
  ServiceSpec: `1:ports:[]ServicePort 2:selector:{}string 3:clusterIP:string 4:type:string
    5:externalIPs:[]string 7:sessionAffinity:string 8:loadBalancerIP:string
    9:loadBalancerSourceRanges:[]string 10:externalName:string 11:externalTrafficPolicy:string
    12:healthCheckNodePort:int 13:publishNotReadyAddresses:bool 17:ipFamilyPolicy:string
    18:clusterIPs:[]string 19:ipFamilies:[]string 20:allocateLoadBalancerNodePorts:bool
    21:loadBalancerClass:string 22:internalTrafficPolicy:string 23:trafficDistribution:string`,
  ServicePort: `1:name:string 2:protocol:string 3:port:int 4:targetPort:IntOrString 5:nodePort:int
    6:appProtocol:string`,
  ServiceStatus: '1:loadBalancer:Empty',

  Deployment: withSpecAndStatus('DeploymentSpec', 'DeploymentStatus'),
  DeploymentSpec: `1:replicas:int 2:selector:LabelSelector 3:template:PodTemplateSpec
    4:strategy:DeploymentStrategy 5:minReadySeconds:int 6:revisionHistoryLimit:int 7:paused:bool
    9:progressDeadlineSeconds:int`,
  DeploymentStrategy: '1:type:string 2:rollingUpdate:RollingUpdateDeployment',
  RollingUpdateDeployment: '1:maxUnavailable:IntOrString 2:maxSurge:IntOrString',
  DeploymentStatus: `1:observedGeneration:int 2:replicas:int 3:updatedReplicas:int 4:availableReplicas:int
    5:unavailableReplicas:int 7:readyReplicas:int 8:collisionCount:int`,
  PodTemplateSpec: `${META} 2:spec:PodSpec`,
  PodSpec: `2:containers:[]Container 3:restartPolicy:string 4:terminationGracePeriodSeconds:int
    5:activeDeadlineSeconds:int 6:dnsPolicy:string 7:nodeSelector:{}string 8:serviceAccountName:string
    9:serviceAccount:string 10:nodeName:string 11:hostNetwork:bool 12:hostPID:bool 13:hostIPC:bool
    15:imagePullSecrets:[]LocalObjectReference 16:hostname:string 17:subdomain:string
    19:schedulerName:string 20:initContainers:[]Container 21:automountServiceAccountToken:bool
    24:priorityClassName:string 25:priority:int 27:shareProcessNamespace:bool 29:runtimeClassName:string
    30:enableServiceLinks:bool 31:preemptionPolicy:string`,
  Container: `1:name:string 2:image:string 3:command:[]string 4:args:[]string 5:workingDir:string
    6:ports:[]ContainerPort 7:env:[]EnvVar 8:resources:ResourceRequirements
    13:terminationMessagePath:string 14:imagePullPolicy:string 16:stdin:bool 17:stdinOnce:bool 18:tty:bool
    19:envFrom:[]EnvFromSource 20:terminationMessagePolicy:string`,
  ContainerPort: '1:name:string 2:hostPort:int 3:containerPort:int 4:protocol:string 5:hostIP:string',
  EnvVar: '1:name:string 2:value:string 3:valueFrom:EnvVarSource',
  EnvVarSource: '1:fieldRef:ObjectFieldSelector 3:configMapKeyRef:KeySelector 4:secretKeyRef:KeySelector',
  ObjectFieldSelector: '1:apiVersion:string 2:fieldPath:string',
  KeySelector: KEY_SELECTOR,
  EnvFromSource: '1:prefix:string 2:configMapRef:EnvSource 3:secretRef:EnvSource',
  EnvSource: LOCAL_SOURCE,
  ResourceRequirements: '1:limits:{}Quantity 2:requests:{}Quantity',

  Role: `${META} 2:rules:[]PolicyRule`,
  ClusterRole: `${META} 2:rules:[]PolicyRule 3:aggregationRule:AggregationRule`,
  PolicyRule: `1:verbs:[]string 2:apiGroups:[]string 3:resources:[]string 4:resourceNames:[]string
    5:nonResourceURLs:[]string`,
  AggregationRule: '1:clusterRoleSelectors:[]LabelSelector',
  RoleBinding: `${META} 2:subjects:[]Subject 3:roleRef:RoleRef`,
  ClusterRoleBinding: `${META} 2:subjects:[]Subject 3:roleRef:RoleRef`,
  Subject: '1:kind:string 2:apiGroup:string 3:name:string 4:namespace:string',
  RoleRef: '1:apiGroup:string 2:kind:string 3:name:string',

  PodDisruptionBudget: withSpecAndStatus('PodDisruptionBudgetSpec', 'PodDisruptionBudgetStatus'),
  PodDisruptionBudgetSpec: `1:minAvailable:IntOrString 2:selector:LabelSelector
    3:maxUnavailable:IntOrString 4:unhealthyPodEvictionPolicy:string`,
  PodDisruptionBudgetStatus: `1:observedGeneration:int 3:disruptionsAllowed:int 4:currentHealthy:int
    5:desiredHealthy:int 6:expectedPods:int`,
  Eviction: `${META} 2:deleteOptions:DeleteOptions`,

  SelfSubjectAccessReview: withSpecAndStatus('SelfSubjectAccessReviewSpec', 'AccessReviewStatus'),
  SelfSubjectAccessReviewSpec:
    '1:resourceAttributes:ResourceAttributes 2:nonResourceAttributes:NonResourceAttributes',
  ResourceAttributes: `1:namespace:string 2:verb:string 3:group:string 4:version:string 5:resource:string
    6:subresource:string 7:name:string`,
  NonResourceAttributes: '1:path:string 2:verb:string',
  AccessReviewStatus: '1:allowed:bool 2:reason:string 3:evaluationError:string 4:denied:bool',
  SelfSubjectRulesReview: withSpecAndStatus('SelfSubjectRulesReviewSpec', 'RulesReviewStatus'),
  SelfSubjectRulesReviewSpec: '1:namespace:string',
  RulesReviewStatus: '3:incomplete:bool 4:evaluationError:string',
  SelfSubjectReview: `${META} 2:status:SelfSubjectReviewStatus`,
  SelfSubjectReviewStatus: '1:userInfo:UserInfo',
  UserInfo: '1:username:string 2:uid:string 3:groups:[]string',
};

const parsed = new Map<string, MessageDescriptor>();

/** The fields of a message by number; undefined for one that is not known here. */
export function messageDescriptor(name: string): MessageDescriptor | undefined {
  const known = parsed.get(name);
  if (known) return known;
  const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  if (source === undefined) return undefined;
  const fields = source.split(/\s+/).filter((text) => text !== '');
  const descriptor = new Map(fields.map(parseField));
  parsed.set(name, descriptor);
  return descriptor;
}

function parseField(text: string): [number, FieldDescriptor] {
  const [number, name = '', type = ''] = text.split(':');
  const form = type.startsWith('[]') ? 'list' : type.startsWith('{}') ? 'map' : 'single';
  return [Number(number), { name, type: form === 'single' ? type : type.slice(2), form }];
}
