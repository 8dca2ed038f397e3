import { API_GROUP, API_VERSION } from '../wire/names.ts';
import { functionSpec, functionStatus } from './schema.ts';

/** The CustomResourceDefinition of Function, as plain data. */
export function functionDefinition() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `functions.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: {
        kind: 'Function',
        listKind: 'FunctionList',
        plural: 'functions',
        singular: 'function',
        shortNames: ['fn'],
        categories: ['all', 'catnap'],
      },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema() },
          subresources: {
            status: {},
            scale: {
              // `kubectl scale fn` sets the floor; the autoscaler still adds replicas above it.
              specReplicasPath: '.spec.scaling.minReplicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: printerColumns,
        },
      ],
    },
  };
}

const printerColumns = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  { name: 'Replicas', type: 'integer', jsonPath: '.status.replicas' },
  { name: 'URL', type: 'string', jsonPath: '.status.url' },
  { name: 'Min', type: 'integer', jsonPath: '.status.minReplicas', priority: 1 },
  {
    name: 'Message',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    priority: 1,
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function rootSchema() {
  return {
    type: 'object',
    description: 'A function: code that runs when it is called and costs nothing while it is not.',
    required: ['spec'],
    'x-kubernetes-validations': [
      {
        rule: 'self.metadata.name.size() <= 57',
        message: 'a function name may have at most 57 characters',
      },
    ],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: withoutDefaulted(functionSpec),
      status: functionStatus,
    },
  };
}

/**
 * A field with a default is never absent once stored, but a writer may leave it out: drop it from
 * `required`, which the API server checks after defaulting anyway, so that clients' own validation agrees.
 */
function withoutDefaulted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaulted);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) copy[key] = withoutDefaulted(value);
  const properties = copy.properties as Record<string, { default?: unknown }> | undefined;
  if (properties && Array.isArray(copy.required)) {
    const required = copy.required.filter((name: string) => properties[name]?.default === undefined);
    if (required.length > 0) copy.required = required;
    else delete copy.required;
  }
  return copy;
}
