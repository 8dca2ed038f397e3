import { explainConnectionError } from '../connection-error.ts';

const REMEDIES: [sign: RegExp, remedy: string][] = [
  [
    /Handshake terminated.*ACCESS.REFUSED|socket is closed unexpectedly|Unexpected close/i,
    'RabbitMQ refuses the credentials: correct username and password in the Secret of secretRef.',
  ],
  [
    /Expected ConnectionOpenOk/,
    'There is no such virtual host, or the user may not use it: correct the path of rabbitmq.address, or give the user rights.',
  ],
  [/NOT.FOUND/i, 'The queue does not exist: create it, or correct rabbitmq.queue.'],
  [/ACCESS.REFUSED/i, 'The user may not read the queue: give it the read permission on rabbitmq.queue.'],
  [/RESOURCE.LOCKED/i, 'The queue is exclusive to another connection: name another one in rabbitmq.queue.'],
];

/** An error of RabbitMQ, or of the way to it, with what to do about it. */
export function explain(error: Error, address: string): Error {
  const remedy = REMEDIES.find(([sign]) => sign.test(error.message))?.[1];
  if (remedy) return new Error(`${address}: ${remedy}`, { cause: error });
  // amqplib's own time limit has no code.
  const coded = error.message === 'connect ETIMEDOUT' ? Object.assign(error, { code: 'ETIMEDOUT' }) : error;
  return (
    explainConnectionError(coded, 'rabbitmq.address', address) ??
    new Error(`${address}: ${error.message}`, { cause: error })
  );
}
