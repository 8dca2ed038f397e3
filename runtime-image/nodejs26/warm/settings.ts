import {
  type AnnounceSettings,
  announceSettings,
  type Environment,
  portNumber,
  SettingsError,
} from '../settings.ts';
import { CLAIM_PORT, environment, FUNCTION_PORT } from '../wire.ts';

/** What a pod knows of itself while no function has claimed it. */
export interface WarmSettings {
  readonly host: string | undefined;
  /** Where the function will listen. */
  readonly port: number;
  readonly claimPort: number;
  /** Whose claims it takes: 32 bytes in base64url. */
  readonly claimKey: string;
  readonly podUid: string;
  /** `namespace/~pool`. */
  readonly pool: string;
  readonly launchDir: string;
  readonly announce: AnnounceSettings | undefined;
}

const CLAIM_KEY = /^[A-Za-z0-9_-]{43}$/;

/** @throws SettingsError naming each variable that is wrong. */
export function readWarmSettings(env: Environment): WarmSettings {
  const faults: string[] = [];
  const required = (name: string) => {
    if (!env[name]) faults.push(`${name} is not set`);
    return env[name] ?? '';
  };
  const pool = required(environment.pool);
  const settings: WarmSettings = {
    host: env.HOST || undefined,
    port: portNumber(env, environment.port, FUNCTION_PORT, faults),
    claimPort: portNumber(env, environment.claimPort, CLAIM_PORT, faults),
    claimKey: required(environment.claimKey),
    podUid: required(environment.podUid),
    pool,
    launchDir: env[environment.launchDir] || '/launch',
    announce: announceSettings(env, pool),
  };
  if (settings.claimKey && !CLAIM_KEY.test(settings.claimKey)) {
    faults.push(`${environment.claimKey} must be the 32 bytes of an Ed25519 public key in base64url`);
  }
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return Object.freeze(settings);
}
