import Type from 'typebox';

export const s3 = Type.Object(
  {
    webhook: Type.Object(
      {},
      {
        description:
          'The store sends notifications to /hooks/NAMESPACE/FUNCTION/TRIGGER of the gateway, with the key `token` of the Secret as bearer token.',
      },
    ),
  },
  { description: 'Notifications of an S3 bucket.' },
);
