/** A container or volume cannot be set up as its spec says, until something it refers to changes. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
