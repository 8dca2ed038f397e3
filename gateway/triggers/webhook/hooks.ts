/** Events that their source posts to the gateway: `POST /hooks/NAMESPACE/NAME/TRIGGER`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Static } from 'typebox';
import type { s3 } from '#crds/function/triggers/s3.ts';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import { type Failure, failure } from '#gateway/errors.ts';
import { announcedLength, bodyTooLarge, readBody } from '#gateway/http/body.ts';
import { reply, replyProblem } from '#gateway/http/reply.ts';
import type { HookRoute } from '#gateway/http/route.ts';
import { decodeS3Notification } from '#gateway/triggers/sources/s3/notification.ts';
import type { TriggerEvent } from '../source.ts';
import { bearerMatches } from './bearer.ts';

/** Notifications have some kilobytes. */
export const MAX_HOOK_BODY_BYTES = 1024 * 1024;

/** What hooks need of the gateway's triggers. A hook may come to any gateway, whoever owns the trigger. */
export interface HookPort {
  /** Undefined when there is no such function or trigger; rejects when that cannot be told now. */
  find(functionKey: string, trigger: string): Promise<TriggerSpec | undefined>;
  /**
   * Resolves when each event has succeeded, lies among the dead letters, or is kept so that it survives this
   * gateway; rejects when the sender must send them again.
   */
  deliver(functionKey: string, trigger: TriggerSpec, events: readonly TriggerEvent[]): Promise<void>;
}

export interface HooksOptions {
  readonly port: HookPort;
  readonly log: Logger;
  /** Called with the problem code of each request that is refused. */
  readonly refused: (code: string) => void;
}

/** Whether events of the trigger come by webhook. Such a trigger has no source to run. */
export function isWebhook({ type, config }: Pick<TriggerSpec, 'type' | 'config'>): boolean {
  return decoders[type] !== undefined && (config as Partial<Static<typeof s3>> | null)?.webhook !== undefined;
}

/** How bodies become events, by type of trigger. */
const decoders: Record<string, (body: Buffer) => TriggerEvent[]> = { s3: decodeS3Notification };

export class Hooks {
  /** Requests that are not answered yet. */
  active = 0;
  private readonly options: HooksOptions;

  constructor(options: HooksOptions) {
    this.options = options;
  }

  /** Answers the request: 200 once its events need no sender any more, else a problem. */
  handle(route: HookRoute, request: IncomingMessage, response: ServerResponse, requestId: string): void {
    this.active += 1;
    this.accept(route, request, response)
      .then(
        (events) => this.answer(request, response, requestId, events),
        (error: unknown) => this.refuse(route, request, response, requestId, error),
      )
      .finally(() => {
        this.active -= 1;
      });
  }

  /** @throws Refusal, or whatever the port rejects with */
  private async accept(
    { key, trigger: name }: HookRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<number> {
    if (request.method !== 'POST') {
      throw new Refusal(failure('MethodNotAllowed', 'Hooks take POST only.', ['allow', 'POST']));
    }
    const { port } = this.options;
    const trigger = await port.find(key, name);
    if (trigger === undefined || !isWebhook(trigger)) {
      throw new Refusal(failure('TriggerNotFound', `There is no trigger ${name} with a webhook at ${key}.`));
    }
    this.authenticate(trigger, request, key);
    const body = await wholeBody(request, response);
    const events = decode(trigger, body);
    if (events.length > 0) await port.deliver(key, trigger, events);
    return events.length;
  }

  private authenticate({ name, credentials }: TriggerSpec, request: IncomingMessage, key: string): void {
    const { token } = credentials;
    if (bearerMatches(request.headers.authorization, token)) return;
    if (!token?.trim()) {
      this.options.log.warn(
        { function: key, trigger: name },
        'every call of a webhook is refused: the Secret that secretRef names has no key "token"',
      );
    }
    const detail = 'Send the key "token" of the trigger\'s Secret as "Authorization: Bearer TOKEN".';
    throw new Refusal(failure('Unauthorized', detail, ['www-authenticate', 'Bearer']));
  }

  private answer(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    events: number,
  ): void {
    const body = JSON.stringify({ events });
    const headers = ['content-type', 'application/json', 'content-length', String(body.length)];
    reply(request, response, 200, [...headers, 'x-request-id', requestId], body);
  }

  private refuse(
    { key, trigger }: HookRoute,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    error: unknown,
  ): void {
    const reason = error instanceof Refusal ? error.reason : unavailable();
    if (!(error instanceof Refusal)) {
      this.options.log.warn({ function: key, trigger, err: error }, 'the events of a webhook are not taken');
    }
    this.options.refused(reason.problem.code);
    replyProblem(request, response, reason, requestId);
  }
}

class Refusal extends Error {
  readonly reason: Failure;

  constructor(reason: Failure) {
    super(reason.detail);
    this.reason = reason;
  }
}

function unavailable(): Failure {
  return failure('HookUnavailable', 'The events could not be delivered or kept; send them again.');
}

/** @throws Refusal when it is too large or does not come */
function wholeBody(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: Failure) => reject(new Refusal(reason));
    if (announcedLength(request) > MAX_HOOK_BODY_BYTES) return refuse(bodyTooLarge(MAX_HOOK_BODY_BYTES));
    if (request.headers.expect !== undefined) response.writeContinue();
    request.once('close', () => reject(new Error('the sender went away')));
    readBody(request, MAX_HOOK_BODY_BYTES, resolve, refuse);
  });
}

/** @throws Refusal when the body is not what the trigger's type sends */
function decode({ type }: TriggerSpec, body: Buffer): TriggerEvent[] {
  try {
    return decoders[type]?.(body) ?? [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(failure('BadRequest', `The body is no notification of ${type}: ${why}.`));
  }
}
