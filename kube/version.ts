import packageJson from '../package.json' with { type: 'json' };

/** Catnap's version, as sent in the User-Agent. */
export const VERSION: string = packageJson.version;
