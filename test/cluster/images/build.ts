import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { baseContext } from './base/context.ts';
import { type Builder, createBuilder } from './buildah.ts';
import { type BuiltImage, cachedImage, keepImage, qualified } from './cache.ts';
import { type Context, hashInputs, stage } from './context.ts';
import { cacheDirectory, inRepository } from './paths.ts';
import { type Recipe, recipes } from './recipes.ts';

export type { BuiltImage } from './cache.ts';

/** Stands in for node:26-slim, since no image registry can be reached. */
const BASE = 'localhost/catnap-node-base:26';
const baseDockerfile = inRepository('test/cluster/images/base/Dockerfile');

export interface BuildImagesOptions {
  /** Tag of the product's images. */
  version: string;
  say: (line: string) => void;
}

/**
 * Builds the product's images and those that only tests use, or takes them from the cache where nothing changed.
 * @throws Error with one sentence when something is missing that cannot be installed.
 */
export async function buildImages({ version, say }: BuildImagesOptions): Promise<BuiltImage[]> {
  if (!isTag(version)) {
    throw new Error(`"${version}" cannot be the tag of an image: use letters, digits, ".", "_" and "-"`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error('Building the test images needs root: buildah mounts file systems. Run it as root.');
  }
  const all = await recipes(version, say);
  const base = await baseContext();
  const baseInputs = await hashInputs(base, [await readFile(baseDockerfile, 'utf8')]);
  return takeOrBuild(all, { base, baseInputs, say });
}

/** Whether a version can be the tag of an image. */
export const isTag = (version: string) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(version);

interface Base {
  base: Context;
  baseInputs: string;
  say: (line: string) => void;
}

async function takeOrBuild(all: Recipe[], { base, baseInputs, say }: Base): Promise<BuiltImage[]> {
  let builder: Promise<Builder> | undefined;
  const prepare = async () => {
    const created = await createBuilder(cacheDirectory, say);
    builder = Promise.resolve(created);
    await buildIn(created, BASE, { dockerfile: baseDockerfile, args: {}, context: base });
    return created;
  };
  const images: BuiltImage[] = [];
  try {
    for (const recipe of all) {
      const inputs = await inputsOf(recipe, baseInputs);
      const cached = await cachedImage(recipe.name, inputs);
      if (!cached) say(`building ${recipe.name}`);
      images.push(cached ?? (await make(await (builder ?? prepare()), recipe, inputs)));
    }
  } finally {
    await (await builder)?.close();
  }
  return images;
}

async function inputsOf({ dockerfile, args, onNode, context }: Recipe, baseInputs: string): Promise<string> {
  const text = await readFile(dockerfile, 'utf8');
  return hashInputs(context, [text, JSON.stringify(args), onNode ? baseInputs : '']);
}

async function make(builder: Builder, recipe: Recipe, inputs: string): Promise<BuiltImage> {
  const name = qualified(recipe.name);
  const args = recipe.onNode ? { ...recipe.args, BASE_IMAGE: BASE } : recipe.args;
  await buildIn(builder, name, { ...recipe, args });
  const archive = join(builder.directory, 'archive.tar');
  return keepImage(recipe.name, inputs, { archive, ...(await builder.push(name, archive)) });
}

/** Builds one image from a staged copy of its files, so that a build cannot change the files themselves. */
async function buildIn(
  builder: Builder,
  name: string,
  { dockerfile, args, context }: Pick<Recipe, 'dockerfile' | 'args' | 'context'>,
): Promise<void> {
  const directory = await mkdtemp(join(builder.directory, 'context-'));
  await stage(context, directory);
  await builder.build({ dockerfile, context: directory, name, args });
  await rm(directory, { recursive: true });
}
