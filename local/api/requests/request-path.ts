/** What a path under /api or /apis names. */

export interface ResourcePath {
  group: string;
  version: string;
  plural: string;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/**
 * Parses a resource path; undefined when it is none (too short or too long, or an empty segment).
 * @throws URIError for a malformed escape
 */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const segments = pathname.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  const root = segments.shift();
  const group = root === 'apis' ? segments.shift() : '';
  const version = segments.shift();
  if (group === undefined || version === undefined || segments.length === 0) return undefined;
  if (root === 'apis' && group === '') return undefined;
  const rest = segments.map(decodeURIComponent);
  if (rest.includes('')) return undefined;
  return resourceOf(group, version, rest);
}

function resourceOf(group: string, version: string, segments: string[]): ResourcePath | undefined {
  const [first, second, third] = segments;
  // A namespace's own subresources are the only resource paths with `namespaces` in front and no plural.
  const ownSubresource = third === 'status' || third === 'finalize';
  const scoped = first === 'namespaces' && segments.length > 2 && !(ownSubresource && segments.length === 3);
  const [plural, name, subresource, ...excess] = scoped ? segments.slice(2) : segments;
  if (plural === undefined || excess.length > 0) return undefined;
  return {
    group,
    version,
    plural,
    ...(scoped ? { namespace: second } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
