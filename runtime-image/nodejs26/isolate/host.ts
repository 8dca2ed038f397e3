/**
 * A process that many functions of one namespace share, each in a thread of its own. It takes claims like a warm pod,
 * only that it stays nobody's: each claim brings one more function, until there is no room.
 */
import { join } from 'node:path';
import { announce } from '../announce/announce.ts';
import { installConsole } from '../console.ts';
import { log, setLogFunction } from '../log.ts';
import { listen } from '../process/listen.ts';
import { StopSignals } from '../process/stop-signals.ts';
import { type ClaimServerOptions, createClaimServer } from '../warm/claim-server.ts';
import { LaunchDirectory } from '../warm/launch-directory.ts';
import { createVerifier } from '../warm/verify.ts';
import { Isolate, type IsolateOptions, usualLimits } from './isolate.ts';
import { oversee } from './overseer.ts';
import { Residents } from './residents.ts';
import { type HostSettings, readHostSettings } from './settings.ts';
import { Spares } from './spares.ts';

/** Of the memory, at which functions that are not in use make room before the next one asks. */
const CROWDED = 0.85;
/** Below it, threads may wait that nobody has asked for yet. */
const ROOMY = 0.6;
/** Claims that are under way have a connection each, as many as functions are called at once; gateways keep a few. */
const CONNECTIONS: ClaimServerOptions = { maxConnections: 512, keepAlive: true };

export async function startHost(): Promise<void> {
  installConsole(console);
  const settings = settingsOrExit();
  setLogFunction(settings.pool);
  let lastId = 0;
  const start = (options: Pick<IsolateOptions, 'memoryMebibytes' | 'rehearses'>) => {
    const id = ++lastId;
    const directory = join(settings.launchDir, String(id));
    return new Isolate({ ...options, id, directory, onEnd: (isolate) => residents.ended(isolate) });
  };
  const share = () => process.memoryUsage.rss() / settings.memoryBytes;
  const { memoryMebibytes } = usualLimits;
  const spares = new Spares({
    start,
    memoryMebibytes,
    least: settings.spares,
    hasMemory: () => share() < ROOMY,
  });
  const residents: Residents = new Residents({
    spares,
    capacity: settings.capacity,
    hasMemory: () => share() < CROWDED,
    leaving: () => signals.stopping,
  });
  const signals = new StopSignals(() => void shutDown());
  await spares.fill();
  const endOversight = oversee(residents, () => share() >= CROWDED);
  const { host, port, claimPort, claimKey, podUid, announce: identity } = settings;
  const server = createClaimServer(createVerifier(claimKey, podUid), residents, CONNECTIONS);
  await listen(server, host, claimPort);
  if (identity) void announce(identity, { host, port }, () => signals.stopping);
  log('info', 'waiting for claims', { capacity: settings.capacity, startMs: Math.round(performance.now()) });

  async function shutDown(): Promise<void> {
    log('info', 'draining', { isolates: residents.size });
    spares.stop();
    for (const isolate of residents.isolates()) isolate.stop();
    await Promise.all(residents.isolates().map(({ ended }) => ended));
    endOversight();
    process.exit(0);
  }
}

function settingsOrExit(): HostSettings {
  try {
    const settings = readHostSettings(process.env);
    new LaunchDirectory(settings.launchDir).check();
    return settings;
  } catch (error) {
    log('error', 'this pod cannot host isolates', { error: (error as Error).message });
    process.exit(1);
  }
}
