import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseClusterOptions } from './cluster-options.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'catnap-options-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const withImages = (content: string) => {
  const file = join(directory, 'images.json');
  writeFileSync(file, content);
  return ['--kubeconfig', 'kc', '--images', file];
};

it('reads the command line', () => {
  expect(parseClusterOptions(['--kubeconfig', 'kc'])).toEqual({
    kubeconfig: 'kc',
    port: 0,
    dataDir: undefined,
    images: {},
  });
  const images = { web: { command: ['/bin/web', 'serve'] } };
  const args = [...withImages(JSON.stringify(images)), '--port', '6443', '--data', 'dir'];
  expect(parseClusterOptions(args)).toEqual({ kubeconfig: 'kc', port: 6443, dataDir: 'dir', images });
});

it.each([
  [[], /--kubeconfig is missing; usage:/],
  [['--kubeconfig', 'a', '--port', '70000'], /--port 70000: must be a number from 0 to 65535/],
  [['--kubeconfig', 'a', '--port', 'x'], /--port x/],
  [['--kubeconfig', 'a', '--unknown'], /--unknown/],
  [['--kubeconfig', 'a', '--images', '/absent'], /--images \/absent: ENOENT/],
])('refuses %j', (args, message) => {
  expect(() => parseClusterOptions(args)).toThrow(message);
});

it.each(['[]', '{', '{"a":{"command":["relative"]}}', '{"a":{"command":[]}}', '{"a":null}'])(
  'refuses the images %s',
  (content) => {
    expect(() => parseClusterOptions(withImages(content))).toThrow(/--images .*images.json: /);
  },
);
