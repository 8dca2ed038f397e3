import { hashOf } from './canonical.ts';

/** Kubernetes bounds ConfigMap keys to 253 characters of letters, digits, `-`, `_` and `.`. */
const MAX_KEY_LENGTH = 253;

const escapes: Record<string, string> = { _: '__', '/': '_.', '@': '_-' };

/**
 * The ConfigMap key for a file path. `_` escapes what keys may not contain, so that no two paths share a
 * key; a path too long for a key is known by its hash.
 */
export function fileKey(path: string): string {
  const key = path.replace(/[_/@]/g, (character) => escapes[character] ?? character);
  return key.length <= MAX_KEY_LENGTH ? key : `_h${hashOf(path, 64)}`;
}

/** Path of each file by its ConfigMap key, sorted: the `items` of the volume that puts them back. */
export function fileItems(files: Record<string, string>): { key: string; path: string }[] {
  return Object.keys(files)
    .sort()
    .map((path) => ({ key: fileKey(path), path }));
}
