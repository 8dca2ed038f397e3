import { explainConnectionError } from '../connection-error.ts';

interface KafkaError extends Error {
  /** Name of the protocol's error. */
  apiId?: string;
  code?: string;
  errors?: Error[];
}

const CREDENTIALS =
  'The brokers refuse the credentials: correct username and password in the Secret of secretRef, or kafka.sasl.';

/** By the name of an error in the protocol, or by what the client says; the first that fits any nested error. */
const REMEDIES: [sign: RegExp, remedy: string][] = [
  [/^Broker requires TLS/, 'The brokers speak TLS: set kafka.tls to true.'],
  [/^SASL_AUTHENTICATION_FAILED|^SASL authentication failed/, CREDENTIALS],
  [/^UNSUPPORTED_SASL_MECHANISM/, 'The brokers do not offer the mechanism of kafka.sasl: set another one.'],
  [
    /^Cannot find a suitable SASL mechanism/,
    'The connection broke before the user was sent: set kafka.tls to true when the brokers speak TLS.',
  ],
  [
    /^TOPIC_AUTHORIZATION_FAILED/,
    'The user may not read a topic: allow it Read and Describe on kafka.topics.',
  ],
  [/^GROUP_AUTHORIZATION_FAILED/, 'The user may not use the group: allow it Read on the group.'],
  [
    /^UNKNOWN_TOPIC_OR_PARTITION|^Unknown topic/,
    'A topic does not exist: create it, or correct kafka.topics.',
  ],
  [
    /^INCONSISTENT_GROUP_PROTOCOL/,
    'Others use the group in another way: give the trigger a group of its own in kafka.group.',
  ],
];

/** An error that says what to do, from the nested ones of the client. */
export function explain(error: Error, brokers: readonly string[]): Error {
  const all = flatten(error);
  const address = brokers.join(', ');
  for (const [sign, remedy] of REMEDIES) {
    if (all.some(({ apiId, message }) => sign.test(apiId ?? '') || sign.test(message))) {
      return new Error(`${address}: ${remedy}`, { cause: error });
    }
  }
  for (const each of all) {
    const explained = explainConnectionError(each, 'kafka.brokers', address);
    if (explained) return explained;
  }
  const said = [...new Set(all.map(({ message }) => message).filter(Boolean))].join(' ');
  return new Error(`${address}: ${said}`, { cause: error });
}

/** The error and all that it is made of. */
function flatten(error: KafkaError): KafkaError[] {
  const { errors = [], cause } = error;
  const inner = cause instanceof Error ? [...errors, cause] : errors;
  return [error, ...inner.flatMap(flatten)];
}
