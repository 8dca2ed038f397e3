import { describe, expect, it } from 'vitest';
import { cgroupRoots } from './cgroups.ts';
import { deadSockets, networkResults } from './leftovers.ts';
import { mountsBelow } from './mounts.ts';
import { clusterLinks, within } from './network.ts';

it('orders mounts so that inner ones go first, and knows escaped names', () => {
  const line = (point: string) => `22 27 0:21 / ${point} rw,relatime - tmpfs tmpfs rw`;
  const mountinfo = ['/', '/a', '/a/b', '/ab', '/a/with\\040space', ''].map(line).join('\n');
  expect(mountsBelow(mountinfo, '/a')).toEqual(['/a/with space', '/a/b', '/a']);
});

it('finds the roots of all cgroup hierarchies', () => {
  const mounts = [
    'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
    'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
    'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
    '',
  ].join('\n');
  expect(cgroupRoots(mounts)).toEqual(['/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']);
});

describe('within', () => {
  it.each([
    ['198.18.0.0', true],
    ['198.19.255.255', true],
    ['198.20.0.0', false],
    ['198.17.255.255', false],
    ['fe80::1', false],
    ['', false],
  ])('%s in 198.18.0.0/15: %s', (address, expected) => {
    expect(within(address, '198.18.0.0/15')).toBe(expected);
  });
});

it('recognises the devices of pods and nodes by their addresses', () => {
  const link = (ifname: string, local: string) => ({ ifname, addr_info: [{ family: 'inet', local }] });
  const links = [link('eth0', '192.0.2.2'), link('veth12', '198.18.1.1'), { ifname: 'ifb0' }];
  expect(clusterLinks(links)).toEqual(['veth12']);
});

it('takes only the CNI results of our networks and of the same containers', () => {
  const [ours, other] = ['a'.repeat(64), 'b'.repeat(64)];
  const names = [
    `catnap-node-1-${ours}-eth0`,
    `cni-loopback-${ours}-lo`,
    `cni-loopback-${other}-lo`,
    'podman-x',
  ];
  expect(networkResults(names)).toEqual([`catnap-node-1-${ours}-eth0`, `cni-loopback-${ours}-lo`]);
});

it('takes only sockets that nobody listens on', () => {
  const open = 'ffff: 00000002 00000000 00010000 0001 01 123 /run/containerd/s/used\nffff: 0 0 0 0001 01 124';
  expect(deadSockets(['used', 'left'], open)).toEqual(['/run/containerd/s/left']);
});
