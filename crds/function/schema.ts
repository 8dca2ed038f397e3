/**
 * The Function resource: its TypeScript type and its OpenAPI schema, from one definition.
 *
 * Only what the Kubernetes structural-schema rules allow may be used: no `$ref`, no `const`, no
 * `additionalProperties: false` (pruning does that), defaults beside the field.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import Type, { type Static } from 'typebox';
import { condition } from './condition.ts';
import { integer, intOrString, mapOf, milliseconds, rule, stringEnum } from './schema-helpers.ts';
import { triggers, triggersStatus } from './triggers.ts';

const configMapOrSecretRef = (kind: string) =>
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 253, description: `Name of the ${kind}.` }),
      optional: Type.Optional(Type.Boolean({ description: `Start even when the ${kind} is absent.` })),
    },
    { description: `A ${kind} in the function's namespace.` },
  );

const keyRef = (kind: string) =>
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 253, description: `Name of the ${kind}.` }),
      key: Type.String({ minLength: 1, maxLength: 253, description: 'The key to read.' }),
      optional: Type.Optional(
        Type.Boolean({ description: 'Leave the variable out when the key is absent.' }),
      ),
    },
    { description: `A key of a ${kind} in the function's namespace.` },
  );

const env = Type.Array(
  Type.Object(
    {
      name: Type.String({
        minLength: 1,
        maxLength: 256,
        pattern: '^[-._a-zA-Z][-._a-zA-Z0-9]*$',
        description: 'Name of the variable.',
      }),
      value: Type.Optional(Type.String({ maxLength: 32768, description: 'Literal value.' })),
      valueFrom: Type.Optional(
        Type.Object(
          {
            secretKeyRef: Type.Optional(keyRef('Secret')),
            configMapKeyRef: Type.Optional(keyRef('ConfigMap')),
          },
          {
            description: 'Where the value comes from.',
            'x-kubernetes-validations': [
              rule(
                '(has(self.secretKeyRef) ? 1 : 0) + (has(self.configMapKeyRef) ? 1 : 0) == 1',
                'exactly one of secretKeyRef and configMapKeyRef must be set',
              ),
            ],
          },
        ),
      ),
    },
    {
      'x-kubernetes-validations': [
        rule('!(has(self.value) && has(self.valueFrom))', 'set either value or valueFrom, not both'),
        rule(
          "!self.name.startsWith('CATNAP_') && self.name != 'PORT' && self.name != 'HOST'",
          'names PORT, HOST and CATNAP_* belong to the platform',
        ),
      ],
    },
  ),
  {
    maxItems: 256,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    description: 'Environment variables, in the form of core/v1 EnvVar.',
  },
);

const envFrom = Type.Array(
  Type.Object(
    {
      prefix: Type.Optional(Type.String({ maxLength: 256, description: 'Put before each name.' })),
      configMapRef: Type.Optional(configMapOrSecretRef('ConfigMap')),
      secretRef: Type.Optional(configMapOrSecretRef('Secret')),
    },
    {
      'x-kubernetes-validations': [
        rule(
          '(has(self.secretRef) ? 1 : 0) + (has(self.configMapRef) ? 1 : 0) == 1',
          'exactly one of secretRef and configMapRef must be set',
        ),
      ],
    },
  ),
  {
    maxItems: 64,
    'x-kubernetes-list-type': 'atomic',
    description:
      'Whole Secrets and ConfigMaps as environment variables, in the form of core/v1 EnvFromSource.',
  },
);

const inline = Type.Object(
  {
    files: mapOf<string>(
      { type: 'string', maxLength: 524288 },
      { minProperties: 1, maxProperties: 64, description: 'Content by relative path.' },
    ),
  },
  {
    description: 'The files themselves, together at most 900 kB.',
    'x-kubernetes-validations': [
      rule(
        "self.files.all(path, path.matches('^[A-Za-z0-9_@-][A-Za-z0-9._@-]*(/[A-Za-z0-9_@-][A-Za-z0-9._@-]*)*$'))",
        "paths must be relative, of letters, digits and . _ @ - between slashes, without '..' and without a leading dot",
        '.files',
      ),
    ],
  },
);

const archive = Type.Object(
  {
    url: Type.String({
      maxLength: 2048,
      pattern: '^https?://[^\\s]+$',
      description: 'Where to fetch a .zip, .tar.gz or .tgz file.',
    }),
    sha256: Type.String({
      pattern: '^[a-f0-9]{64}$',
      description: 'SHA-256 of the archive in lower-case hex; a pod refuses anything else.',
    }),
  },
  { description: 'An archive that each pod fetches and verifies when it starts.' },
);

const source = Type.Object(
  {
    inline: Type.Optional(inline),
    configMap: Type.Optional(
      Type.Object(
        { name: Type.String({ minLength: 1, maxLength: 253, description: 'Name of the ConfigMap.' }) },
        { description: "A ConfigMap in the function's namespace; each key is a file." },
      ),
    ),
    archive: Type.Optional(archive),
  },
  {
    description: 'Where the code comes from: exactly one of inline, configMap and archive.',
    'x-kubernetes-validations': [
      rule(
        '(has(self.inline) ? 1 : 0) + (has(self.configMap) ? 1 : 0) + (has(self.archive) ? 1 : 0) == 1',
        'exactly one of inline, configMap and archive must be set',
      ),
    ],
  },
);

const quantities = (description: string) =>
  Type.Optional(
    Type.Unsafe<{ cpu?: number | string; memory?: number | string }>({
      type: 'object',
      description,
      properties: {
        cpu: { ...intOrString('CPU, for example 500m.'), pattern: '^[0-9]+(\\.[0-9]+)?m?$' },
        memory: {
          ...intOrString('Memory, for example 128Mi.'),
          pattern: '^[0-9]+(\\.[0-9]+)?([kMGT]i?|Ki)?$',
        },
      },
    }),
  );

const resources = Type.Object(
  { limits: quantities('The most a pod may use.'), requests: quantities('What the scheduler sets aside.') },
  { description: 'CPU and memory of one pod.', default: {} },
);

const schedules = Type.Array(
  Type.Object(
    {
      name: Type.String({
        maxLength: 63,
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
        description: 'Name of the schedule, for status and Events.',
      }),
      start: Type.String({
        maxLength: 128,
        pattern: '^[0-9A-Za-z*?,/#-]+( +[0-9A-Za-z*?,/#-]+){4}$',
        description:
          'When a window opens, as five cron fields: minute, hour, day of month, month, day of week.',
      }),
      durationMinutes: integer({
        minimum: 1,
        maximum: 44640,
        description: 'How long a window stays open.',
      }),
      timeZone: Type.String({
        maxLength: 64,
        pattern: '^[A-Za-z][A-Za-z0-9_+/-]*$',
        default: 'UTC',
        description: 'IANA name of the time zone in which `start` is read, for example Europe/Berlin.',
      }),
      minReplicas: integer({
        minimum: 1,
        maximum: 1000,
        description: 'Replicas kept while a window is open.',
      }),
    },
    { description: 'Windows of time in which more replicas are kept.' },
  ),
  {
    maxItems: 16,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    description: 'Times at which more replicas are kept; the largest minimum holds.',
  },
);

const scaling = Type.Object(
  {
    minReplicas: integer({
      minimum: 0,
      maximum: 1000,
      default: 0,
      description: 'Replicas kept when nobody calls.',
    }),
    maxReplicas: integer({
      minimum: 1,
      maximum: 1000,
      default: 20,
      description: 'Never more replicas than this.',
    }),
    concurrency: integer({
      minimum: 1,
      maximum: 1000,
      default: 10,
      description: 'Calls that one replica runs at the same time; a hard limit.',
    }),
    targetUtilization: integer({
      minimum: 10,
      maximum: 100,
      default: 70,
      description: 'Percentage of concurrency at which the autoscaler adds a replica.',
    }),
    requestsPerSecond: Type.Optional(
      integer({
        minimum: 1,
        maximum: 100000,
        description:
          'Calls per second that one replica is meant to take; only concurrency counts when absent.',
      }),
    ),
    idleSeconds: integer({
      minimum: 1,
      maximum: 86400,
      default: 60,
      description: 'Time without calls after which replicas are given back.',
    }),
    schedules: Type.Optional(schedules),
  },
  {
    default: {},
    description: 'How many replicas run.',
    'x-kubernetes-validations': [
      // With has(): the API server also checks the rule on the default `{}`, before the fields' own defaults.
      rule(
        '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
        'minReplicas must not exceed maxReplicas',
        '.minReplicas',
      ),
      rule(
        '!has(self.schedules) || !has(self.maxReplicas) || self.schedules.all(schedule, schedule.minReplicas <= self.maxReplicas)',
        'minReplicas of a schedule must not exceed maxReplicas',
        '.schedules',
      ),
    ],
  },
);

const queue = Type.Object(
  {
    maxDepth: integer({
      minimum: 1,
      maximum: 100000,
      default: 1000,
      description: 'Calls that may wait for a replica, at all gateways together; further ones get 503.',
    }),
    maxWaitSeconds: integer({
      minimum: 1,
      maximum: 600,
      default: 60,
      description: 'Time a call may wait for a replica before it gets 504.',
    }),
  },
  { default: {}, description: 'Calls that wait for a replica.' },
);

const destination = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        function: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 57,
            pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
            description: 'Name of a function in the same namespace.',
          }),
        ),
        url: Type.Optional(
          Type.String({
            maxLength: 2048,
            pattern: '^https?://[^\\s]+$',
            description: 'Where to POST to; the request is signed.',
          }),
        ),
      },
      {
        description,
        'x-kubernetes-validations': [
          // Kubernetes escapes what CEL reserves.
          rule('has(self.__function__) != has(self.url)', 'exactly one of function and url must be set'),
        ],
      },
    ),
  );

const asynchronous = Type.Object(
  {
    maxAttempts: integer({
      minimum: 1,
      maximum: 20,
      default: 3,
      description: 'Deliveries of an asynchronous call before it counts as failed.',
    }),
    backoffSeconds: integer({
      minimum: 1,
      maximum: 3600,
      default: 2,
      description: 'Longest pause before the second delivery; doubles with each further one.',
    }),
    maxBackoffSeconds: integer({
      minimum: 1,
      maximum: 86400,
      default: 3600,
      description: 'No pause is longer than this, however many deliveries there were.',
    }),
    maxAgeSeconds: integer({
      minimum: 1,
      maximum: 604800,
      default: 86400,
      description:
        'Age at which a call is not delivered any more, from its acceptance or the time it was put off to.',
    }),
    maxBacklog: integer({
      minimum: 1,
      maximum: 1000000,
      default: 100000,
      description: 'Calls that may be unfinished, those put off among them; further ones get 429.',
    }),
    retryOn: Type.Optional(
      Type.Array(Type.Integer({ format: 'int32', minimum: 400, maximum: 599 }), {
        maxItems: 50,
        'x-kubernetes-list-type': 'set',
        description:
          'Response statuses after which the call is delivered again; 429 and 5xx other than 501 and 505 when absent.',
      }),
    ),
    onSuccess: destination('Who is told of a call that succeeded.'),
    onFailure: destination('Who is told of a call that failed for good.'),
  },
  { default: {}, description: 'Asynchronous calls.' },
);

export const functionSpec = Type.Object(
  {
    runtime: Type.Optional(
      stringEnum(['nodejs26'], { description: 'Language runtime for `source`; nodejs26 when absent.' }),
    ),
    handler: Type.Optional(
      Type.String({
        maxLength: 256,
        pattern: '^[A-Za-z0-9_@][A-Za-z0-9._@/-]*\\.[A-Za-z_$][A-Za-z0-9_$]*$',
        description: 'FILE.EXPORT, the file without its extension; index.handler when absent.',
      }),
    ),
    source: Type.Optional(source),
    image: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        pattern: '^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$',
        description: 'A container image that serves HTTP on $PORT, instead of `source`.',
      }),
    ),
    class: Type.Optional(
      stringEnum(['pooled', 'dedicated', 'isolate'], {
        description:
          "Where it runs: in a warm pod of a pool that becomes its own (pooled, the default for `source`), always in pods of its own Deployment (dedicated, the only one for `image`), or in a thread of a pod that functions of the namespace share (isolate, for code that trusts the namespace's other functions).",
      }),
    ),
    env: Type.Optional(env),
    envFrom: Type.Optional(envFrom),
    resources,
    timeoutSeconds: integer({
      minimum: 1,
      maximum: 3600,
      default: 30,
      description: 'Time a call may take before it gets 504.',
    }),
    scaling,
    queue,
    async: asynchronous,
    triggers: Type.Optional(triggers),
  },
  {
    description: 'What the function is.',
    'x-kubernetes-validations': [
      rule('has(self.source) != has(self.image)', 'exactly one of source and image must be set'),
      rule('!has(self.image) || !has(self.handler)', 'handler goes with source, not with image', '.handler'),
      rule('!has(self.image) || !has(self.runtime)', 'runtime goes with source, not with image', '.runtime'),
      rule(
        "!has(self.image) || !has(self.class) || self.class == 'dedicated'",
        'a function with an image of its own is always dedicated',
        '.class',
      ),
    ],
  },
);

const lastColdStart = Type.Object(
  {
    at: Type.String({ format: 'date-time', description: 'When the call was answered.' }),
    start: stringEnum(['pooled', 'isolate', 'dedicated'], {
      description: 'Whether a warm pod was claimed, a host loaded it, or a pod of its own was started.',
    }),
    totalMs: milliseconds('From the first call that found no pod to the first byte of the answer.'),
    queuedMs: milliseconds('Of these until the claim of a warm pod began, or until a pod took calls.'),
    claimedMs: Type.Optional(milliseconds('For the claim, without the loading of the code.')),
    loadedMs: Type.Optional(milliseconds('For the loading of the code in the warm pod.')),
    firstByteMs: milliseconds('From there to the first byte of the answer.'),
  },
  { description: 'The last cold start that a gateway reported.' },
);

export const functionStatus = Type.Object(
  {
    observedGeneration: Type.Optional(
      Type.Integer({ format: 'int64', description: 'The generation this status speaks of.' }),
    ),
    conditions: Type.Optional(
      Type.Array(condition, {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
        description: 'Ready and Active, and Scheduled where there are schedules, by type.',
      }),
    ),
    replicas: Type.Optional(Type.Integer({ format: 'int32', description: 'Pods that exist.' })),
    minReplicas: Type.Optional(
      Type.Integer({
        format: 'int32',
        description:
          'The minimum that holds now: of spec.scaling.minReplicas and the open schedules the largest; absent without schedules.',
      }),
    ),
    openSchedules: Type.Optional(
      Type.Array(Type.String(), {
        'x-kubernetes-list-type': 'atomic',
        description: 'Names of the schedules with an open window.',
      }),
    ),
    lastColdStart: Type.Optional(lastColdStart),
    readyReplicas: Type.Optional(Type.Integer({ format: 'int32', description: 'Pods that take calls.' })),
    selector: Type.Optional(
      Type.String({ description: 'Label selector of the pods, for the scale subresource.' }),
    ),
    url: Type.Optional(Type.String({ description: 'Where the function is called.' })),
    revision: Type.Optional(Type.String({ description: 'Hash of code and settings that pods should run.' })),
    loadedRevision: Type.Optional(
      Type.String({ description: 'The last revision whose code was seen to load.' }),
    ),
    launch: Type.Optional(
      Type.Object(
        {
          pool: Type.String({ description: 'The pool whose warm pods can run the function.' }),
          digest: Type.String({ description: 'Where the launch spec is kept.' }),
        },
        { description: 'How warm pods become the function; absent while only its own pods can run it.' },
      ),
    ),
    triggers: Type.Optional(triggersStatus),
  },
  { description: 'What the platform observed.' },
);

export type FunctionSpec = Static<typeof functionSpec>;
export type FunctionStatus = Static<typeof functionStatus>;
