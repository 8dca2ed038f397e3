/** The images that tests on a real cluster use. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Part, parts } from '#runtime/build.ts';
import { bundles } from './bundles.ts';
import type { Context } from './context.ts';
import { cacheDirectory, inRepository } from './paths.ts';
import { redisContext } from './redis/context.ts';
import { webContext } from './web/context.ts';

export interface Recipe {
  /** As pods name it. */
  name: string;
  dockerfile: string;
  /** Stands on the local Node.js image rather than on nothing. */
  onNode: boolean;
  args: Readonly<Record<string, string>>;
  context: Context;
}

const products: Record<Part, { repository: string; dockerfile: string }> = {
  operator: { repository: 'catnap-operator', dockerfile: 'operator/Dockerfile' },
  gateway: { repository: 'catnap-gateway', dockerfile: 'gateway/Dockerfile' },
  nodejs26: { repository: 'catnap-runtime-nodejs26', dockerfile: 'runtime-image/nodejs26/Dockerfile' },
};

/** Bundles the product and gathers the files of all images. `version` is the tag of the product's. */
export async function recipes(version: string, say: (line: string) => void): Promise<Recipe[]> {
  const bundled = await bundles(cacheDirectory);
  return [
    ...(await Promise.all(parts.map((part) => productRecipe(part, join(bundled, part), version)))),
    {
      name: 'catnap-test-redis:1',
      dockerfile: inRepository('test/cluster/images/redis/Dockerfile'),
      onNode: false,
      args: {},
      context: await redisContext(cacheDirectory, say),
    },
    {
      name: 'catnap-test-web:1',
      dockerfile: inRepository('test/cluster/images/web/Dockerfile'),
      onNode: true,
      args: {},
      context: await webContext(),
    },
  ];
}

async function productRecipe(part: Part, directory: string, version: string): Promise<Recipe> {
  const { repository, dockerfile } = products[part];
  const files = (await readdir(directory)).map((file) => [file, join(directory, file)]);
  return {
    name: `${repository}:${version}`,
    dockerfile: inRepository(dockerfile),
    onNode: true,
    args: { VERSION: version },
    context: Object.fromEntries(files),
  };
}
