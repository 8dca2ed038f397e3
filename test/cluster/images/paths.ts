import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

/** A path of the repository as an absolute one. */
export const inRepository = (path: string) => fileURLToPath(new URL(path, root));

/** Where finished images, bundles and downloads are kept. */
export const cacheDirectory = inRepository('node_modules/.cache/catnap/images');
