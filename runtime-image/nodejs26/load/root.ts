import { existsSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The directory with the function's files, under each name by which Node may report it: a mounted ConfigMap reaches
 * its files through the symbolic link `..data`, and Node resolves links.
 */
export class FunctionRoot {
  readonly directory: string;
  readonly #aliases: string[];

  constructor(directory: string) {
    this.directory = directory;
    const data = join(directory, '..data');
    const real = existsSync(directory) ? realpathSync(directory) : directory;
    const names = [existsSync(data) ? realpathSync(data) : directory, real, directory];
    this.#aliases = [...new Set(names)];
  }

  /** The path within the function's files, or undefined for anything else. Takes a path or a file URL. */
  relative(location: string): string | undefined {
    const path = toPath(location);
    const alias = path === undefined ? undefined : this.#aliases.find((name) => path.startsWith(name + sep));
    return alias === undefined || path === undefined ? undefined : relative(alias, path);
  }

  /** `text` with absolute paths into the function's files made relative. */
  strip(text: string): string {
    let result = text;
    for (const alias of this.#aliases) {
      result = result.replaceAll(`file://${alias}${sep}`, '').replaceAll(alias + sep, '');
    }
    return result;
  }
}

function toPath(location: string): string | undefined {
  if (!location.startsWith('file:')) return location;
  try {
    return fileURLToPath(location);
  } catch {
    return undefined;
  }
}
