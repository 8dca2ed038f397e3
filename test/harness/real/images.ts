/** Images on the nodes of the test cluster. */
import type { ClusterNode } from '#test/cluster/cluster.ts';
import { loadImage } from '#test/cluster/cluster.ts';
import { ctr } from '#test/cluster/image/ctr.ts';
import { type BuiltImage, buildImages } from '#test/cluster/images/build.ts';

type Say = (line: string) => void;

export interface ProvidedImages {
  /** Tag of Catnap's own images. */
  version: string;
  /** By name and tag, as pods use it, the digest: it changes with the content. */
  digests: Record<string, string>;
}

/**
 * Builds what changed and gives it to the nodes that do not have it.
 *
 * @throws Error with one sentence when an image cannot be built or loaded
 */
export async function provideImages(
  version: string,
  nodes: ClusterNode[],
  say: Say,
): Promise<ProvidedImages> {
  const images = await buildImages({ version, say });
  const present = await Promise.all(nodes.map(presentImages));
  for (const image of images) {
    if (present.every((known) => known.get(`docker.io/library/${image.name}`) === image.digest)) continue;
    say(`loading ${image.name}`);
    await loadImage(image.archive);
  }
  return {
    version,
    digests: Object.fromEntries(images.map(({ name, digest }: BuiltImage) => [name, digest])),
  };
}

/** Digest by full name. */
async function presentImages({ containerdSocket }: ClusterNode): Promise<Map<string, string>> {
  const listing = await ctr(containerdSocket, ['images', 'ls']);
  const rows = listing
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  return new Map(rows.flatMap(([name, , digest]) => (name && digest ? [[name, digest]] : [])));
}
