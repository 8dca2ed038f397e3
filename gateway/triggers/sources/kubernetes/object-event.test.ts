import { describe, expect, it } from 'vitest';
import { deployments, type KubeObject, nodes } from '#kube/resource.ts';
import { createKnowledge, forget } from './knowledge.ts';
import { eventsOf } from './object-event.ts';

const object = (uid: string, resourceVersion: string, name = 'web'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name, uid, resourceVersion },
});

describe('eventsOf', () => {
  const kinds = (current?: KubeObject, previous?: KubeObject) =>
    eventsOf(deployments, { key: 'shop/web', current, previous }).map(
      ({ kind, event }) => `${kind} ${event.id}`,
    );

  it('tells what happened to the object', () => {
    expect(kinds(object('a', '1'))).toEqual(['Added a.1.added']);
    expect(kinds(object('a', '2'), object('a', '1'))).toEqual(['Modified a.2.modified']);
    expect(kinds(undefined, object('a', '2'))).toEqual(['Deleted a.2.deleted']);
  });

  it('an object in the place of another is two events', () => {
    expect(kinds(object('b', '5'), object('a', '1'))).toEqual(['Deleted a.1.deleted', 'Added b.5.added']);
  });

  it('names kind and place', () => {
    const [deployment] = eventsOf(deployments, { key: 'shop/web', current: object('a', '1') });
    expect(deployment?.event).toMatchObject({
      source: '/apis/apps/v1/namespaces/shop/deployments',
      subject: 'web',
      extensions: { apiversion: 'apps/v1', kind: 'Deployment', namespace: 'shop' },
      key: 'a',
    });
    const node = { metadata: { name: 'n', uid: 'u', resourceVersion: '1' } };
    const [cluster] = eventsOf(nodes, { key: 'n', current: node });
    expect(cluster?.event.source).toBe('/api/v1/nodes');
    expect(cluster?.event.extensions).toEqual({ apiversion: 'v1', kind: 'Node' });
  });
});

it('what is forgotten is found again by the next list, as one change', () => {
  const known = createKnowledge();
  known.objects.replace([object('a', '1'), object('b', '1', 'other')]);
  const changes = [
    known.objects.set(object('a', '2')),
    known.objects.set(object('c', '3', 'new')),
    known.objects.set(object('a', '4')),
    known.objects.delete('shop/other'),
  ].filter((change) => change !== undefined);
  forget(known, changes);
  const found = known.objects.replace([object('a', '4'), object('c', '3', 'new')]);
  expect(found.flatMap((change) => eventsOf(deployments, change)).map(({ event }) => event.id)).toEqual([
    'b.1.deleted',
    'a.4.modified',
    'c.3.added',
  ]);
});
