/** A function pod as this gateway sees it. */
import { type ConnectionOptions, Connections } from './connections.ts';
import type { PodView } from './pod-view.ts';
import { Room } from './room.ts';

/** - `starting`: not known to take connections. - `up`: takes calls. - `leaving`: gets no more calls. */
export type PodPhase = 'starting' | 'up' | 'leaving';

/** A call that runs on a pod. */
export interface RunningCall {
  /** The pod is gone and will not answer any more. */
  podGone(): void;
}

/** On the monotonic clock, in milliseconds. */
export interface ClaimTimes {
  readonly start: 'pooled' | 'isolate';
  readonly endedAt: number;
  /** From sending the claim to the answer, and the pod's share of it that went into loading the code. */
  readonly claimMs: number;
  readonly loadMs: number;
}

export class Pod {
  readonly uid: string;
  readonly name: string;
  state: PodPhase = 'starting';
  inFlight = 0;
  readonly room = new Room();
  /** Calls that it ran for other gateways when it last answered one of this gateway's. */
  others = 0;
  /** No further claim before this time: a host said that it is full, or could not be reached. */
  pausedUntil = 0;
  /** When the gateway first heard of it. */
  readonly seenAt: number;
  /** When it was first seen on its way; undefined while it is held back. */
  startsSince: number | undefined = undefined;
  address: string | undefined = undefined;
  readonly port: number;
  readonly calls = new Set<RunningCall>();
  /** A warm pod that this gateway may claim: not while a claim is under way, nor after one was refused. */
  claimable = true;
  /** How it became the function's, when this gateway claimed it. */
  claim: ClaimTimes | undefined = undefined;
  /** Headers that calls on it need beside their own; undefined where it serves one function only. */
  readonly addressee: readonly string[] | undefined = undefined;
  /** Another gateway had claimed it before: nobody waited for it to start. */
  wasAwake = false;
  /** Why its code does not load, as its last run ended. */
  loadFailure: string | undefined = undefined;
  /** Where the API server last said that it is. */
  private toldAddress: string | undefined = undefined;
  private wasReady = false;
  private connections: Connections | undefined = undefined;
  private claimConnections: Connections | undefined = undefined;

  constructor(view: PodView, port: number, now: number) {
    this.uid = view.uid;
    this.name = view.name;
    this.port = port;
    this.seenAt = now;
    this.observe(view, now);
  }

  /**
   * Takes in what the API server says. Address and readiness count when they change: in between, what
   * the gateway learns itself (an announcement, a refused or an accepted connection) is newer.
   */
  observe(view: PodView, now: number): void {
    if (!view.gated) this.startsSince ??= now;
    if (view.address !== this.toldAddress) this.moveTo(view.address);
    this.toldAddress = view.address;
    if (view.leaving) this.state = 'leaving';
    else if (view.ready !== this.wasReady && this.state !== 'leaving') {
      this.state = view.ready && view.address !== undefined ? 'up' : 'starting';
    }
    this.wasReady = view.ready;
    this.loadFailure = view.loadFailure;
  }

  /** It says itself that it listens, at this address. Only who is at the known address may say so. */
  announce(address: string): 'accepted' | 'leaving' | 'other_address' {
    if (this.state === 'leaving') return 'leaving';
    if (this.address !== undefined && this.address !== address) return 'other_address';
    this.address = address;
    this.state = 'up';
    return 'accepted';
  }

  /** The connections to it; made when first used. */
  get wire(): Connections {
    this.connections ??= new Connections(this.address ?? '', this.port);
    return this.connections;
  }

  /** The connections for claims; made when first used. */
  claimWire(port: number, options: ConnectionOptions): Connections {
    this.claimConnections ??= new Connections(this.address ?? '', port, options);
    return this.claimConnections;
  }

  /** It says how many calls it runs for all gateways; nothing, when it is not one that counts. */
  tellsRunning(count: number): void {
    this.others = Math.max(0, count - this.inFlight) || 0;
  }

  /** A connection was refused: no calls until it is reached again. */
  suspect(): void {
    if (this.state === 'up') this.state = 'starting';
  }

  /** It said that it takes no more calls. */
  leave(): void {
    this.state = 'leaving';
  }

  /** Deleted: ends what is left. */
  remove(): void {
    this.state = 'leaving';
    for (const call of [...this.calls]) call.podGone();
    this.disconnect();
  }

  private moveTo(address: string | undefined): void {
    if (address === this.address) return;
    this.disconnect();
    this.address = address;
    if (this.state === 'up') this.state = 'starting';
  }

  private disconnect(): void {
    this.connections?.close();
    this.claimConnections?.close();
    this.connections = undefined;
    this.claimConnections = undefined;
  }
}
