import type { NatsConfig } from '../nats.ts';

const AUTHORIZATION =
  'the server refuses the credentials; check that the Secret of secretRef has what it expects: username and password, token, nats.creds or nkey.seed';
const TLS =
  'TLS failed; check that ca.crt in the Secret of secretRef is the authority that signed the certificate of the server, and tls.crt and tls.key if it asks for a certificate';
const PERMISSION = 'the user may not do this; grant the permission in the NATS account';
const REACH = 'check nats.servers, and that the server runs and can be reached from the gateways';

const remedies: [RegExp, string][] = [
  [/authorization|authentication|nkey|creds|jwt|seed/i, AUTHORIZATION],
  [/permissions violation/i, PERMISSION],
  [/certificate|self.signed|tls|ssl/i, TLS],
  [/stream not found/i, 'create the stream, or correct nats.jetStream.stream'],
  [/jetstream.*not.*enabled|503|no responders/i, 'enable JetStream on the server and for the account'],
  [/connection|refused|timeout|ECONN|ENOTFOUND|EAI_AGAIN/i, REACH],
  [/filter subject|subject.*not.*match/i, 'correct nats.subject: the stream does not hold such subjects'],
];

/** An error that says where it happened, what the matter is, and what to do. */
export function explain(error: unknown, config: NatsConfig): Error {
  const cause = deepest(error);
  const text = `${(error as Error).name} ${(error as Error).message} ${cause.name} ${cause.message}`;
  const remedy = remedies.find(([pattern]) => pattern.test(text))?.[1];
  const message = [`NATS ${config.servers.join(', ')}: ${cause.message}`, ...(remedy ? [remedy] : [])].join(
    ': ',
  );
  return new Error(message, { cause: error });
}

function deepest(error: unknown): Error {
  let current = error as Error;
  for (let depth = 0; depth < 5 && current.cause instanceof Error; depth += 1) current = current.cause;
  return current;
}
