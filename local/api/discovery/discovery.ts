/** Discovery documents, plain and aggregated, from the registry. */
import { REVIEWS } from '../handlers/reviews.ts';
import { groupVersions, type ResourceRegistry } from '../resources/registry.ts';
import { apiVersionOf, type Resource } from '../resources/resource.ts';
import { SUBRESOURCE_KINDS, subresourceVerbs } from './subresources.ts';

interface GroupVersion {
  group: string;
  version: string;
  resources: Resource[];
}

/** Every served group-version, the core one first; reviews have groups of their own. */
export function servedGroupVersions(registry: ResourceRegistry): GroupVersion[] {
  const served = [...groupVersions(registry.all()).values()].map((resources) => {
    const [{ group, version }] = resources as [Resource];
    return { group, version, resources };
  });
  const reviews = [...new Set(REVIEWS.map(({ group }) => group))];
  return [...served, ...reviews.map((group) => ({ group, version: 'v1', resources: [] }))];
}

function groupNames(registry: ResourceRegistry): string[] {
  return [...new Set(servedGroupVersions(registry).map(({ group }) => group))].filter((it) => it !== '');
}

/** GET /api */
export function coreVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function apiGroup(registry: ResourceRegistry, name: string): object {
  const versions = servedGroupVersions(registry)
    .filter(({ group }) => group === name)
    .map(({ group, version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

/** GET /apis */
export function groupList(registry: ResourceRegistry): object {
  const groups = groupNames(registry).map((name) => apiGroup(registry, name));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** GET /apis/GROUP; undefined for a group that is not served. */
export function groupDocument(registry: ResourceRegistry, name: string): object | undefined {
  if (!groupNames(registry).includes(name)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, name) };
}

/** GET /api/v1 and /apis/GROUP/VERSION; undefined when not served. */
export function resourceList(registry: ResourceRegistry, group: string, version: string): object | undefined {
  const found = servedGroupVersions(registry).find((it) => it.group === group && it.version === version);
  if (!found) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: [...found.resources.flatMap(plainEntries), ...reviewsOf(group).map(plainReview)],
  };
}

function plainEntries(resource: Resource): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const subresources = resource.subresources.map((name) => {
    const foreign = SUBRESOURCE_KINDS[name];
    return {
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...(foreign?.group ? { group: foreign.group, version: foreign.version } : {}),
      kind: foreign?.kind ?? kind,
      verbs: subresourceVerbs(name),
    };
  });
  return [own, ...subresources];
}

function reviewsOf(group: string) {
  return REVIEWS.filter((it) => it.group === group);
}

function plainReview({ plural, kind }: { plural: string; kind: string }): object {
  return { name: plural, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] };
}

/** GET /api (core group) or /apis (all others) as APIGroupDiscoveryList. */
export function aggregatedDiscovery(registry: ResourceRegistry, core: boolean): object {
  const served = servedGroupVersions(registry).filter(({ group }) => (group === '') === core);
  const groups = [...new Set(served.map(({ group }) => group))];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((name) => ({
      metadata: { creationTimestamp: null, ...(name ? { name } : {}) },
      versions: served
        .filter(({ group }) => group === name)
        .map(({ version, resources }) => ({
          version,
          resources: [...resources.map(aggregatedEntry), ...reviewsOf(name).map(aggregatedReview)],
          freshness: 'Current',
        })),
    })),
  };
}

function aggregatedEntry(resource: Resource): object {
  const { group, version, kind, plural, singular, shortNames, categories } = resource;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: resource.verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((name) => ({
            subresource: name,
            responseKind: SUBRESOURCE_KINDS[name] ?? { group, version, kind },
            verbs: subresourceVerbs(name),
          })),
        }
      : {}),
  };
}

function aggregatedReview({ group, plural, kind }: { group: string; plural: string; kind: string }): object {
  return {
    resource: plural,
    responseKind: { group, version: 'v1', kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  };
}
