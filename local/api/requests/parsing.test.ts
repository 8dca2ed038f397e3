import { describe, expect, it } from 'vitest';
import { negotiate } from './negotiation.ts';
import { repeatedFields } from './repeated-fields.ts';
import { parseResourcePath } from './request-path.ts';

describe('paths', () => {
  it.each([
    ['/api/v1/nodes', { group: '', version: 'v1', plural: 'nodes' }],
    ['/api/v1/namespaces', { group: '', version: 'v1', plural: 'namespaces' }],
    ['/api/v1/namespaces/a', { group: '', version: 'v1', plural: 'namespaces', name: 'a' }],
    [
      '/api/v1/namespaces/a/status',
      { group: '', version: 'v1', plural: 'namespaces', name: 'a', subresource: 'status' },
    ],
    ['/api/v1/namespaces/a/pods', { group: '', version: 'v1', plural: 'pods', namespace: 'a' }],
    [
      '/apis/apps/v1/namespaces/a/deployments/b/scale',
      {
        group: 'apps',
        version: 'v1',
        plural: 'deployments',
        namespace: 'a',
        name: 'b',
        subresource: 'scale',
      },
    ],
    ['/apis/apps/v1/deployments/', { group: 'apps', version: 'v1', plural: 'deployments' }],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles', name: 'system:node' },
    ],
  ])('%s', (path, expected) => expect(parseResourcePath(path)).toEqual(expected));

  it.each([
    '/api',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/apis//v1/x',
    '/api/v1/pods//x',
    '/api/v1/a/b/c/d',
  ])('%s names no resource', (path) => expect(parseResourcePath(path)).toBeUndefined());
});

describe('Accept', () => {
  it.each([
    [undefined, { shape: 'object', encoding: 'json' }],
    ['application/json, */*', { shape: 'object', encoding: 'json' }],
    ['application/vnd.kubernetes.protobuf,application/json', { shape: 'object', encoding: 'json' }],
    [
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      { shape: 'table', encoding: 'json' },
    ],
    [
      'application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
      { shape: 'object', encoding: 'json' },
    ],
    ['application/yaml;q=0.9, application/json;q=0.1', { shape: 'object', encoding: 'yaml' }],
  ])('%s', (header, expected) => expect(negotiate(header)).toEqual(expected));

  it('of other types only is refused', () => {
    expect(() => negotiate('text/html')).toThrow(
      'only the following media types are accepted: application/json, application/yaml',
    );
  });
});

describe('fields that are set twice', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"s":{"l":[{"x":1},{"x":1,"y":[[0],{"k":1,"k":2}],"x":2}]}}', ['s.l[1].y[1].k', 's.l[1].x']],
    ['{"a":"{\\"a\\":1,\\"a\\":2}","b":"a"}', []],
    ['{"\\u0061":1, "a" : 2}', ['a']],
  ])('%s', (text, expected) => expect(repeatedFields(text)).toEqual(expected));
});
