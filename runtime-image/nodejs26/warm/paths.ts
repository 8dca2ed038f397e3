const MAX_PATH_BYTES = 1_024;
const MAX_NAME_BYTES = 255;

/**
 * Why files of these paths cannot be written below one directory: a path that leaves it, or is not written in its
 * shortest form; a file that is there twice, or that another has as its directory.
 */
export function pathFaults(paths: string[]): string[] {
  const faults = paths.filter((path) => !isPlain(path)).map((path) => `${JSON.stringify(path)} is no path`);
  const files = new Set<string>();
  for (const path of paths) {
    if (files.has(path)) faults.push(`${JSON.stringify(path)} is there twice`);
    files.add(path);
  }
  for (const path of files) {
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      if (files.has(parent)) faults.push(`${JSON.stringify(parent)} is both a file and a directory`);
    }
  }
  return faults;
}

function isPlain(path: string): boolean {
  if (path.includes('\0') || Buffer.byteLength(path) > MAX_PATH_BYTES) return false;
  return path.split('/').every((name) => !['', '.', '..'].includes(name) && fits(name));
}

function fits(name: string): boolean {
  return Buffer.byteLength(name) <= MAX_NAME_BYTES;
}
