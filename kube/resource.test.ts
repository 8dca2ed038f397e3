import { expect, it } from 'vitest';
import {
  apiVersionOf,
  deployments,
  functions,
  keyOf,
  nodes,
  objectKey,
  pods,
  resourcePath,
  resourceType,
} from './resource.ts';

it('knows where kinds live', () => {
  expect(resourcePath(pods)).toBe('/api/v1/pods');
  expect(resourcePath(pods, { namespace: 'a', name: 'b', subresource: 'log' })).toBe(
    '/api/v1/namespaces/a/pods/b/log',
  );
  expect(resourcePath(functions, { namespace: 'a' })).toBe(
    '/apis/catnap.dev/v1alpha1/namespaces/a/functions',
  );
  expect(resourcePath(nodes, { namespace: 'ignored', name: 'n' })).toBe('/api/v1/nodes/n');
  expect([apiVersionOf(pods), apiVersionOf(deployments)]).toEqual(['v1', 'apps/v1']);
  expect(resourceType('batch/v1', 'Job', 'jobs')).toMatchObject({
    group: 'batch',
    version: 'v1',
    namespaced: true,
  });
});

it('makes keys that splitKey of crds/wire understands', () => {
  expect(objectKey({ metadata: { namespace: 'shop', name: 'hello' } })).toBe('shop/hello');
  expect(objectKey({ metadata: { name: 'node-1' } })).toBe('node-1');
  expect(keyOf('', 'node-1')).toBe('node-1');
});
