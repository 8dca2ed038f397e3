import { splitKey } from '#crds/wire/names.ts';

/** The `source` of events that the platform itself makes for a trigger: a URI reference. */
export function triggerSource(functionKey: string, trigger: string): string {
  const { namespace, name } = splitKey(functionKey);
  return `/namespaces/${namespace}/functions/${name}/triggers/${trigger}`;
}
