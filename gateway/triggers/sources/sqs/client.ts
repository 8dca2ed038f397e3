import { SQSClient } from '@aws-sdk/client-sqs';
import type { TriggerSetup } from '../../source.ts';
import type { SqsConfig } from '../sqs.ts';

export const LONG_POLL_SECONDS = 20;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = (LONG_POLL_SECONDS + 10) * 1_000;

/**
 * Throws when the Secret has no access key: the identity of the gateway itself, which the SDK would look for,
 * must not be at the disposal of whoever may write a Function.
 */
export function createClient({ config, credentials }: TriggerSetup<SqsConfig>): SQSClient {
  const { accessKeyId, secretAccessKey, sessionToken, 'ca.crt': ca } = credentials;
  if (!accessKeyId || !secretAccessKey) {
    throw new Error(
      `SQS ${config.queueUrl}: no credentials; put accessKeyId and secretAccessKey into the Secret of secretRef`,
    );
  }
  return new SQSClient({
    region: config.region ?? regionOf(config.queueUrl) ?? 'us-east-1',
    // Said outright: the SDK would go to the host of the queue as well, but complain on the console.
    endpoint: config.endpoint ?? new URL(config.queueUrl).origin,
    useQueueUrlAsEndpoint: false,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      ...(ca ? { httpsAgent: { ca, keepAlive: true } } : {}),
    },
  });
}

/** As in https://sqs.eu-central-1.amazonaws.com/123456789012/orders. */
export function regionOf(queueUrl: string): string | undefined {
  return /^https?:\/\/sqs(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws|api\.aws)/.exec(queueUrl)?.[1];
}

const remedies: [RegExp, string][] = [
  [
    /InvalidClientTokenId|UnrecognizedClient|Signature|ExpiredToken|InvalidAccessKeyId|InvalidSecurity|MissingAuthentication/,
    'the credentials are refused; check accessKeyId, secretAccessKey and sessionToken in the Secret of secretRef, and sqs.region',
  ],
  [
    /AccessDenied/,
    'allow the user sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on the queue',
  ],
  [/QueueDoesNotExist|NonExistentQueue|InvalidAddress/, 'check sqs.queueUrl and sqs.region'],
  [
    /certificate|self.signed/i,
    'put the authority that signed the certificate into ca.crt of the Secret of secretRef',
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|Timeout|socket/i,
    'check sqs.queueUrl and sqs.endpoint, and that gateways can reach it',
  ],
];

/** An error that says where it happened, what the matter is, and what to do. */
export function explain(error: unknown, { queueUrl }: SqsConfig): Error {
  const { name, message, code } = error as Error & { code?: string };
  // Node.js gives errors of several addresses no message.
  const what = [name === 'Error' ? undefined : name, message || code].filter(Boolean).join(': ');
  const remedy = remedies.find(([pattern]) => pattern.test(`${name} ${code} ${message}`))?.[1];
  return new Error(`SQS ${queueUrl}: ${what}${remedy ? `: ${remedy}` : ''}`, { cause: error });
}
