/** Function manifests for tests. */

export type Spec = Record<string, unknown>;

/** A Function in the form kubectl takes. */
export function manifest(namespace: string, name: string, spec: Spec): object {
  return { apiVersion: 'catnap.dev/v1alpha1', kind: 'Function', metadata: { name, namespace }, spec };
}

/** A spec whose only file is this code. */
export function inline(code: string, rest: Spec = {}): Spec {
  return { source: { inline: { files: { 'index.mjs': code } } }, ...rest };
}

/** Answers with its pod's identity, after `?ms=` milliseconds. */
export const SLOW_ECHO = `
  const pod = crypto.randomUUID();
  export const handler = async (event) => {
    await new Promise((resolve) => setTimeout(resolve, Number(event.query.ms ?? 0)));
    return { pod, method: event.method, path: event.path, body: await event.text() };
  };
`;
