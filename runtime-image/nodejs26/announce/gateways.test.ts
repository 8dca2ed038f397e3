import { describe, expect, it } from 'vitest';
import { candidates, resolveGateways } from './gateways.ts';

const RESOLV_CONF = `search shop.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5
`;

describe('candidates', () => {
  it('completes a name by the search list first', () => {
    expect(candidates('gw.catnap-system.svc', RESOLV_CONF)).toEqual([
      'gw.catnap-system.svc.shop.svc.cluster.local',
      'gw.catnap-system.svc.svc.cluster.local',
      'gw.catnap-system.svc.cluster.local',
      'gw.catnap-system.svc',
    ]);
  });

  it('takes the last list, as the system does', () => {
    expect(candidates('gw', 'domain a.example\nsearch b.example  c.example \n#search d.example')).toEqual([
      'gw.b.example',
      'gw.c.example',
      'gw',
    ]);
  });

  it.each(['', 'nameserver 10.0.0.1', 'search .', 'search'])('has nothing to add by %j', (configuration) => {
    expect(candidates('gw.example', configuration)).toEqual(['gw.example']);
  });

  it('leaves a full name alone', () => {
    expect(candidates('gw.example.', RESOLV_CONF)).toEqual(['gw.example']);
  });
});

describe('resolveGateways', () => {
  it.each([
    ['http://10.0.0.7:8091', { address: '10.0.0.7', port: 8091 }],
    ['http://10.0.0.7', { address: '10.0.0.7', port: 80 }],
    ['http://[::1]:8091', { address: '::1', port: 8091 }],
    ['http://localhost:8091', { address: '127.0.0.1', port: 8091 }],
  ])('finds %s', async (url, gateway) => {
    expect(await resolveGateways(url, undefined)).toContainEqual(gateway);
  });

  it.each(['https://gateways:8091', 'gateways:8091', ''])('refuses %j', async (url) => {
    await expect(resolveGateways(url, undefined)).rejects.toThrow(/URL/);
  });
});
