import { describe, expect, it } from 'vitest';
import { type Mount, resolveMounts, rewriteArgument, rewritePath } from './mounts.ts';

const directories: Record<string, string> = { code: '/n/code', tmp: '/n/tmp' };
const resolve = (volumeMounts: object[], environment = {}) =>
  resolveMounts(
    { name: 'main', volumeMounts: volumeMounts as never },
    (volume) => directories[volume],
    environment,
  );
const mounts: Mount[] = resolve([
  { name: 'code', mountPath: '/function' },
  { name: 'tmp', mountPath: '/function/cache/' },
]);

describe('rewritePath', () => {
  it.each([
    ['/function', '/n/code'],
    ['/function/', '/n/code/'],
    ['/function/a/b.mjs', '/n/code/a/b.mjs'],
    ['/function/cache', '/n/tmp'],
    ['/function/cache/x', '/n/tmp/x'],
    ['/functions/a', '/functions/a'],
    ['x/function', 'x/function'],
    ['/function:/other', '/function:/other'],
    ['', ''],
  ])('%s → %s', (text, expected) => expect(rewritePath(text, mounts)).toBe(expected));
});

describe('rewriteArgument', () => {
  it.each([
    ['--dir=/function/a', '--dir=/n/code/a'],
    ['-d=/function', '-d=/n/code'],
    ['/function', '/n/code'],
    ['A=/function', 'A=/function'],
    ['--text=see /function', '--text=see /function'],
  ])('%s → %s', (text, expected) => expect(rewriteArgument(text, mounts)).toBe(expected));
});

describe('resolveMounts', () => {
  it('goes into sub-paths, also expanded ones', () => {
    expect(resolve([{ name: 'code', mountPath: '/etc/app.conf', subPath: 'app.conf' }])).toEqual([
      { mountPath: '/etc/app.conf', hostPath: '/n/code/app.conf' },
    ]);
    expect(
      resolve([{ name: 'code', mountPath: '/x', subPathExpr: '$(POD)/y' }], { POD: 'web' })[0]?.hostPath,
    ).toBe('/n/code/web/y');
  });

  it('refuses to leave the volume, and volumes that are not there', () => {
    expect(() => resolve([{ name: 'code', mountPath: '/x', subPath: '../../etc' }])).toThrow('subPath');
    expect(() => resolve([{ name: 'code', mountPath: '/x', subPathExpr: '$(UP)' }], { UP: '/etc' })).toThrow(
      'subPath',
    );
    expect(() => resolve([{ name: 'none', mountPath: '/x' }])).toThrow('"none" does not exist');
  });
});
