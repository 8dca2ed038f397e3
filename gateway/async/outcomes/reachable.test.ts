import { describe, expect, it } from 'vitest';
import { Reachable } from './reachable.ts';

describe('Reachable', () => {
  const open = new Reachable([]);

  it.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111'])('%s is public', (address) => {
    expect(open.has(address)).toBe(true);
  });

  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '0.0.0.0'],
    ...['100.64.0.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fd00:ec2::254', 'ff02::1'],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:db8::1',
      'localhost',
      '',
    ],
  ])('%s is not', (address) => {
    expect(open.has(address)).toBe(false);
  });

  it('takes networks that are named', () => {
    const some = new Reachable(['10.96.0.0/12', 'fd00::/8']);
    expect(some.has('10.100.0.1')).toBe(true);
    expect(some.has('::ffff:10.100.0.1')).toBe(true);
    expect(some.has('fd12::1')).toBe(true);
    expect(some.has('10.1.0.1')).toBe(false);
    expect(some.has('169.254.169.254')).toBe(false);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', 'example.org/8', '10.0.0.0/'])('%s is no network', (network) => {
    expect(() => new Reachable([network])).toThrow(`"${network}" is not a network`);
  });
});
