import { describe, expect, it } from 'vitest';
import { parseRoute } from './route.ts';

const call = (key: string, prefix: string, path: string, asynchronous = false) => ({
  kind: 'call',
  asynchronous,
  key,
  prefix,
  path,
});

describe('parseRoute', () => {
  it.each([
    ['/fn/shop/hello', call('shop/hello', '/fn/shop/hello', '/')],
    ['/fn/shop/hello/', call('shop/hello', '/fn/shop/hello', '/')],
    ['/fn/shop/hello?a=1', call('shop/hello', '/fn/shop/hello', '/?a=1')],
    ['/fn/shop/hello?a=/x', call('shop/hello', '/fn/shop/hello', '/?a=/x')],
    ['/fn/shop/hello/a%2Fb/../c?d', call('shop/hello', '/fn/shop/hello', '/a%2Fb/../c?d')],
    ['/fn/shop/hello//double', call('shop/hello', '/fn/shop/hello', '//double')],
    ['http://any.host:81/fn/shop/hello/x', call('shop/hello', '/fn/shop/hello', '/x')],
    ['/async/shop/hello/x', call('shop/hello', '/async/shop/hello', '/x', true)],
    ['/hooks/shop/hello/bucket', { kind: 'hook', key: 'shop/hello', trigger: 'bucket' }],
    ['/hooks/shop/hello/bucket?x=/y', { kind: 'hook', key: 'shop/hello', trigger: 'bucket' }],
    ['/events/shop/hello', { kind: 'events', key: 'shop/hello', prefix: '/events/shop/hello' }],
    ['/events/shop/hello/', { kind: 'events', key: 'shop/hello', prefix: '/events/shop/hello' }],
    ['/invocations/i0af', { kind: 'invocation', id: 'i0af', response: false, query: '' }],
    ['/invocations/i0af/response?x', { kind: 'invocation', id: 'i0af', response: true, query: 'x' }],
  ])('%s', (target, expected) => {
    expect(parseRoute(target)).toEqual(expected);
  });

  it.each([
    '/',
    '*',
    '/fn',
    '/fn/',
    '/fn/shop',
    '/fn/shop/',
    '/fn/shop/?x',
    '/fn//hello',
    '/fn?/shop/hello',
    '/fn/shop?/hello',
    '/fn/shop//hello',
    '/hooks/shop/hello',
    '/hooks/shop/hello/',
    '/hooks/shop//bucket',
    '/hooks/shop/hello/bucket/more',
    '/invocations/',
    '/invocations/a/other',
    '/invocations/a/response/b',
    'http://host',
    '/events/shop',
    '/events/shop/hello/more',
    '/events/shop/hello?a=1',
    '/health',
  ])('does not know %s', (target) => {
    expect(parseRoute(target)).toBeUndefined();
  });
});
