/** The images this node can run: names that stand for commands on the host. */

export interface LocalImage {
  /** Absolute path of the program, then its arguments; a container's `command` replaces all of it. */
  command: string[];
  env?: Record<string, string>;
  workingDir?: string;
}

export type LocalImages = Readonly<Record<string, LocalImage>>;

/** Finds an image by its name, with or without `:latest` and Docker Hub's implied prefix. */
export function findImage(images: LocalImages, name: string): LocalImage | undefined {
  const wanted = canonicalImage(name);
  if (Object.hasOwn(images, name)) return images[name];
  return Object.entries(images).find(([known]) => canonicalImage(known) === wanted)?.[1];
}

/** `docker.io/library/x:latest` and `x` both become `x:latest`. */
export function canonicalImage(name: string): string {
  const short = name.replace(/^docker\.io\/(library\/)?/, '');
  const tail = short.slice(short.lastIndexOf('/') + 1);
  return tail.includes(':') || tail.includes('@') ? short : `${short}:latest`;
}

/** What a container of an image that is not known here is told. */
export function unknownImageMessage(name: string, images: LocalImages): string {
  const known = Object.keys(images).join(', ') || 'none';
  return `image ${JSON.stringify(name)} is not in this node's image map (known: ${known}); a node of the embedded cluster pulls nothing`;
}
