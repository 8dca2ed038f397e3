/** The three patch formats of the API, as pure functions on JSON. */
export { PatchError } from './errors.ts';
export { jsonPatch } from './json-patch.ts';
export { mergePatch } from './merge-patch.ts';
export { strategicMergePatch } from './strategic.ts';
