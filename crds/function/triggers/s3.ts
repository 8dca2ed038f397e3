import Type from 'typebox';
import { rule } from '../schema-helpers.ts';
import { sqs } from './sqs.ts';

export const s3 = Type.Object(
  {
    webhook: Type.Optional(
      Type.Object(
        {},
        {
          description:
            'The store sends notifications to /hooks/NAMESPACE/FUNCTION/TRIGGER of the gateway, with the key `token` of the Secret as bearer token.',
        },
      ),
    ),
    sqs: Type.Optional(sqs),
  },
  {
    description: 'Notifications of an S3 bucket, by webhook or from the queue that they are sent to.',
    'x-kubernetes-validations': [
      rule('has(self.webhook) != has(self.sqs)', 'set exactly one of webhook and sqs'),
    ],
  },
);
