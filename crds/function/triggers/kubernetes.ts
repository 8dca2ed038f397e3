import Type from 'typebox';

export const kubernetes = Type.Object(
  {
    apiVersion: Type.String({
      maxLength: 128,
      pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9][a-z0-9]*$',
      description: 'Group and version of the objects, for example v1 or apps/v1.',
    }),
    kind: Type.String({
      maxLength: 63,
      pattern: '^[A-Za-z][A-Za-z0-9]*$',
      description: 'Kind of the objects, for example ConfigMap.',
    }),
    namespace: Type.Optional(
      Type.String({
        maxLength: 63,
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
        description:
          "Where the objects are; the function's namespace when absent. Without meaning for kinds that have no namespace.",
      }),
    ),
    labelSelector: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'Only objects whose labels fit, for example app=web,tier!=test.',
      }),
    ),
    events: Type.Array(
      Type.Unsafe<'Added' | 'Modified' | 'Deleted'>({
        type: 'string',
        enum: ['Added', 'Modified', 'Deleted'],
      }),
      {
        minItems: 1,
        maxItems: 3,
        'x-kubernetes-list-type': 'set',
        default: ['Added', 'Modified', 'Deleted'],
        description: 'Which changes are events.',
      },
    ),
    existing: Type.Boolean({
      default: false,
      description:
        'Hand over every object that exists as Added each time a gateway begins to watch, so that nothing stays unseen.',
    }),
  },
  { description: 'Changes of Kubernetes objects, as the ServiceAccount of the Secret may see them.' },
);
