/** Asynchronous calls in tests: making them, and waiting for how they end. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Seal } from '#crds/wire/seal.ts';
import { CallStore } from '#gateway/async/call-store.ts';
import { encodeMessage } from '#gateway/async/message.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Answer, ENCRYPTION_KEY, type Fixture } from './fixture.ts';

export const asynchronous = { prefer: 'respond-async' };

/** Until asynchronous calls can be made. */
export async function untilConnected(fixture: Fixture): Promise<void> {
  await waitFor(async () => (await fixture.call(`/invocations/i${'0'.repeat(32)}`)).status === 404, {
    timeoutMs: 5_000,
    describe: 'Redis to be connected',
  });
}

export async function finished(
  fixture: Fixture,
  accepted: Pick<Answer, 'headers'>,
  timeoutMs = 10_000,
): Promise<Record<string, unknown>> {
  const location = accepted.headers.location ?? '';
  return waitFor(
    async () => {
      const status = (await fixture.call(location)).json();
      return status.finishedAt ? status : undefined;
    },
    { timeoutMs, describe: `the end of ${location}` },
  );
}

/** Puts a call into Redis as a gateway that does not deliver does; returns its id. */
export async function enqueue(
  client: Redis,
  functionKey: string,
  { key = Buffer.from(ENCRYPTION_KEY, 'base64'), delayMs = 0 } = {},
): Promise<string> {
  const id = `i${randomBytes(16).toString('hex')}`;
  const head = { method: 'POST', path: '/', requestId: 'r', headers: [] };
  const sealed = new Seal(key).close(encodeMessage(head, Buffer.from(id)), `request:${id}:${functionKey}`);
  const call = { id, functionKey, fingerprint: 'x', sealed, acceptedAtMs: Date.now(), maxBacklog: 1_000_000 };
  await new CallStore('test').accept(client, { ...call, delayMs }, false);
  return id;
}
