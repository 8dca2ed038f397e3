import { describe, expect, it } from 'vitest';
import { parseLdd, placed } from './libraries.ts';

const DEBIAN = `	linux-vdso.so.1 (0x00007f4c64147000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f4c64047000)
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f4c63c1e000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f4c64149000)
`;

describe('parseLdd', () => {
  it('takes libraries and the loader, not what the kernel provides', () => {
    expect(parseLdd(DEBIAN)).toEqual([
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/lib/x86_64-linux-gnu/libm.so.6',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
  });

  it('names a library that is missing', () => {
    const output = `${DEBIAN}	libatomic.so.1 => not found\n`;
    expect(() => parseLdd(output)).toThrow('the shared library libatomic.so.1 is not on this machine');
  });
});

it('keeps files at their places below root/', () => {
  expect(placed(['/lib64/ld.so'])).toEqual({ 'root/lib64/ld.so': '/lib64/ld.so' });
});
