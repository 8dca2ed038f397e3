/** Image archives without a build tool: one layer of a few files, in the OCI layout that containerd imports. */
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

export interface ImageSpec {
  /** Fully qualified, such as docker.io/library/name:tag. */
  name: string;
  /** Path in the image to file on this machine. */
  files: Record<string, string>;
  entrypoint: string[];
  /** Numeric, `uid` or `uid:gid`. */
  user?: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

const TYPE = 'application/vnd.oci.image';
const platform = { architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux' };

/** Writes the archive file; the same input gives the same bytes. */
export async function writeImageArchive(target: string, image: ImageSpec): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'catnap-image-'));
  try {
    const layer = await packLayer(work, image.files);
    await writeLayout(join(work, 'layout'), image, layer);
    await pack(target, join(work, 'layout'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function packLayer(work: string, contents: Record<string, string>): Promise<Buffer> {
  const root = join(work, 'root');
  for (const [path, source] of Object.entries(contents)) {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await cp(source, target);
  }
  return pack(undefined, root);
}

/** A tar of what is in a directory, owned by root and without times. */
async function pack(target: string | undefined, directory: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const options = { cwd: directory, portable: true, noMtime: true } as const;
  if (target) await create({ ...options, file: target }, ['.']);
  else for await (const chunk of create(options, ['.'])) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function writeLayout(directory: string, image: ImageSpec, layer: Buffer): Promise<void> {
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, content: Buffer | object): Promise<Descriptor> => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const hash = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const packed = await put(`${TYPE}.layer.v1.tar`, layer);
  const config = await put(`${TYPE}.config.v1+json`, {
    ...platform,
    config: { Entrypoint: image.entrypoint, User: image.user, Env: ['PATH=/usr/bin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [packed.digest] },
  });
  const manifest = await put(`${TYPE}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${TYPE}.manifest.v1+json`,
    config,
    layers: [packed],
  });
  const annotations = { 'org.opencontainers.image.ref.name': image.name };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] };
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}
