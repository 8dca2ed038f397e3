/**
 * The part of the control API that is about asynchronous calls: lists of calls, dead letters. Ids of calls are all that it
 * takes to read their results, and dead letters are requests with all that callers put in; so this asks for a token that
 * only those know who may read the encryption key's Secret.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import type { StoredRequest } from './message.ts';
import type { Records } from './records.ts';
import type { Redrive } from './redrive.ts';
import { summary } from './status-document.ts';

const PAGE = 100;
const LARGEST_PAGE = 1_000;

export interface AsyncControlOptions {
  readonly token: string;
  readonly records: Records;
  readonly deadLetters: DeadLetters;
  readonly redrive: Redrive;
}

/** Routes below `/async`. */
export function asyncControl({ token, records, deadLetters, redrive }: AsyncControlOptions): Router {
  const router = Router();
  router.use((request, response, next) => {
    if (isAuthorized(request, token)) next();
    else
      response
        .status(401)
        .set('www-authenticate', 'Bearer')
        .json({ error: 'The token is missing or wrong.' });
  });

  router.get('/functions/:namespace/:name/invocations', async (request, response) => {
    const { limit, before } = pageOf(request);
    const found = await records.list(keyOf(request), limit, before);
    sendPage(
      response,
      'invocations',
      found.map(({ id, record }) => summary(id, record)),
      found.at(-1)?.id,
      limit,
    );
  });

  router.get('/dead-letters', async (_, response) => {
    const functions = await deadLetters.counts();
    response.json({
      functions: functions.map(({ functionKey, count }) => ({ function: functionKey, count })),
    });
  });

  router.get('/functions/:namespace/:name/dead-letters', async (request, response) => {
    const { limit, before } = pageOf(request);
    const found = await deadLetters.list(keyOf(request), limit, before);
    sendPage(response, 'deadLetters', found.map(describe), found.at(-1)?.id, limit);
  });

  router.post('/functions/:namespace/:name/dead-letters/redrive', async (request, response) => {
    const redriven = await redrive.all(keyOf(request));
    const left = (await deadLetters.counts()).find(({ functionKey }) => functionKey === keyOf(request));
    response.json({ redriven, left: left?.count ?? 0 });
  });

  router.delete('/functions/:namespace/:name/dead-letters', async (request, response) => {
    response.json({ purged: await deadLetters.purge(keyOf(request)) });
  });

  router.get('/dead-letters/:id', async (request, response) => {
    const letter = await deadLetters.get(request.params.id);
    const opened = letter && (await deadLetters.open(letter));
    if (letter === undefined || opened === undefined) notFound(response);
    else response.json({ ...describe(letter), request: describeRequest(opened.head, opened.body) });
  });

  router.post('/dead-letters/:id/redrive', async (request, response) => {
    const result = await redrive.one(request.params.id);
    if (typeof result === 'object') response.status(202).json(result);
    else if (result === 'full') response.status(429).json({ error: 'The backlog of the function is full.' });
    else if (result === 'no-function') response.status(409).json({ error: 'The function does not exist.' });
    else notFound(response);
  });

  router.delete('/dead-letters/:id', async (request, response) => {
    if (await deadLetters.remove(request.params.id)) response.status(204).end();
    else notFound(response);
  });

  router.use((error: Error, _: Request, response: Response, next: (error: Error) => void) => {
    if (response.headersSent) next(error);
    else
      response
        .status(503)
        .json({ error: `Redis cannot be asked, or what it holds not be read: ${error.message}` });
  });
  return router;
}

function isAuthorized({ headers }: Request, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function keyOf({ params }: Request<{ namespace: string; name: string }>): string {
  return `${params.namespace}/${params.name}`;
}

function pageOf({ query }: Request<never> | Request): { limit: number; before: string | undefined } {
  const { limit, before } = query as Record<string, unknown>;
  const wanted = typeof limit === 'string' && /^[1-9]\d{0,5}$/.test(limit) ? Number(limit) : PAGE;
  return { limit: Math.min(wanted, LARGEST_PAGE), before: typeof before === 'string' ? before : undefined };
}

/** `next` is what `before` should be for the next page; absent on the last one. */
function sendPage(
  response: Response,
  name: string,
  items: object[],
  last: string | undefined,
  limit: number,
): void {
  response.json({ [name]: items, ...(items.length === limit && { next: last }) });
}

function notFound(response: Response): void {
  response.status(404).json({ error: 'There is no such dead letter, or it has expired.' });
}

function describe({ id, functionKey, atMs, attempts, reason, detail }: DeadLetter): object {
  return { id, function: functionKey, at: new Date(atMs).toISOString(), attempts, reason, detail };
}

function describeRequest({ method, path, headers }: StoredRequest, body: Buffer): object {
  const text = isUtf8(body);
  return {
    method,
    path,
    headers,
    body: body.toString(text ? 'utf8' : 'base64'),
    bodyEncoding: text ? 'utf8' : 'base64',
  };
}
