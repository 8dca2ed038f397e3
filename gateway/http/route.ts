/** Tells what a request target asks for. Everything here works on slices of the target; nothing is decoded. */

/** A call of a function. */
export interface CallRoute {
  readonly kind: 'call';
  readonly asynchronous: boolean;
  /** `namespace/name`. */
  readonly key: string;
  /** The part of the path that names the function. */
  readonly prefix: string;
  /** Path and query for the function. */
  readonly path: string;
}

/** A look at an asynchronous call: its status, or the response that the function gave. */
export interface InvocationRoute {
  readonly kind: 'invocation';
  readonly id: string;
  readonly response: boolean;
  /** Without the question mark. */
  readonly query: string;
}

/** Events for a trigger, posted by their source. */
export interface HookRoute {
  readonly kind: 'hook';
  /** `namespace/name` of the function. */
  readonly key: string;
  readonly trigger: string;
}

/** CloudEvents for a function. */
export interface EventsRoute {
  readonly kind: 'events';
  /** `namespace/name`. */
  readonly key: string;
  /** The whole path: functions get events at `/`. */
  readonly prefix: string;
}

export type Route = CallRoute | InvocationRoute | EventsRoute | HookRoute | undefined;

const SYNC = '/fn/';
const ASYNC = '/async/';
const EVENTS = '/events/';
const INVOCATIONS = '/invocations/';
const HOOKS = '/hooks/';
const SLASH = 47;

/**
 * Parses a request target. The namespace and name are taken literally: Kubernetes names need no
 * percent-encoding, so an encoded one names no function.
 */
export function parseRoute(target: string): Route {
  const url = target.charCodeAt(0) === SLASH ? target : originForm(target);
  if (url.startsWith(SYNC)) return callRoute(url, SYNC.length, false);
  if (url.startsWith(ASYNC)) return callRoute(url, ASYNC.length, true);
  if (url.startsWith(INVOCATIONS)) return invocationRoute(url);
  if (url.startsWith(EVENTS)) return eventsRoute(url);
  if (url.startsWith(HOOKS)) return hookRoute(url);
  return undefined;
}

function eventsRoute(url: string): Route {
  const route = callRoute(url, EVENTS.length, true);
  if (route?.kind !== 'call' || route.path !== '/') return undefined;
  return { kind: 'events', key: route.key, prefix: route.prefix };
}

function callRoute(url: string, start: number, asynchronous: boolean): Route {
  const query = url.indexOf('?', start);
  const end = query < 0 ? url.length : query;
  const slash = url.indexOf('/', start);
  if (slash <= start || slash >= end - 1) return undefined;
  const next = url.indexOf('/', slash + 1);
  const nameEnd = next < 0 || next > end ? end : next;
  if (nameEnd === slash + 1) return undefined;
  const rest = nameEnd === url.length ? '/' : url.slice(nameEnd);
  return {
    kind: 'call',
    asynchronous,
    key: url.slice(start, nameEnd),
    prefix: url.slice(0, nameEnd),
    path: rest.charCodeAt(0) === SLASH ? rest : `/${rest}`,
  };
}

function hookRoute(url: string): Route {
  const [namespace = '', name = '', trigger = '', ...more] = pathOf(url).slice(HOOKS.length).split('/');
  if (namespace === '' || name === '' || trigger === '' || more.length > 0) return undefined;
  return { kind: 'hook', key: `${namespace}/${name}`, trigger };
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function invocationRoute(url: string): Route {
  const path = pathOf(url);
  const query = url.slice(path.length + 1);
  const [id = '', part, ...more] = path.slice(INVOCATIONS.length).split('/');
  if (id === '' || more.length > 0 || (part !== undefined && part !== 'response')) return undefined;
  return { kind: 'invocation', id, response: part === 'response', query };
}

/** `http://host/path` → `/path`; servers must accept the absolute form (RFC 9112 §3.2.2). */
function originForm(target: string): string {
  const scheme = target.indexOf('://');
  if (scheme < 0) return target;
  const path = target.indexOf('/', scheme + 3);
  return path < 0 ? '/' : target.slice(path);
}
