import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** The folder of the package that a bundled file belongs to. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

interface Places {
  /** What the paths in the metafiles are relative to. */
  root: string;
  outDir: string;
}

/** Writes the licences of all bundled packages into `NOTICES.txt`, as most of them require. */
export async function writeNotices(metafiles: Metafile[], { root, outDir }: Places): Promise<void> {
  const files = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = [...new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []))].sort();
  const notices = await Promise.all(folders.map((folder) => noticeOf(join(root, folder))));
  await writeFile(join(outDir, 'NOTICES.txt'), notices.join('\n'));
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const names = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = await Promise.all(names.sort().map((file) => readFile(join(folder, file), 'utf8')));
  const title = `${name} ${version} (${license ?? 'see below'})`;
  return [title, '='.repeat(title.length), ...texts.map((text) => text.trim()), ''].join('\n');
}
