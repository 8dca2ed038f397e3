/** A function in a host that it shares with others, as this gateway sees it: a pod with less to tell of. */
import { headers } from '#crds/wire/headers.ts';
import { Pod } from './pod.ts';

export interface IsolateDetails {
  readonly functionKey: string;
  readonly revision: string;
  readonly port: number;
  /** On the monotonic clock, in milliseconds. */
  readonly now: number;
}

export class Isolate extends Pod {
  override readonly addressee: readonly string[];
  readonly host: Pod;
  readonly functionKey: string;
  readonly revision: string;
  /** Called once, when it takes no more calls: from then on nobody refers to it. */
  onLeave: (isolate: Isolate) => void = () => {};

  constructor(host: Pod, { functionKey, revision, port, now }: IsolateDetails) {
    const uid = `${host.uid}:${port}`;
    const view = { uid, name: host.name, ownerKey: functionKey, warm: false, address: host.address };
    super({ ...view, gated: false, ready: true, leaving: false, loadFailure: undefined }, port, now);
    this.host = host;
    this.functionKey = functionKey;
    this.revision = revision;
    this.addressee = [headers.function, functionKey];
  }

  /** Nothing comes back on its port: another claim finds out whether the host still has it. */
  override suspect(): void {
    this.leave();
  }

  override leave(): void {
    if (this.state === 'leaving') return;
    this.state = 'leaving';
    this.onLeave(this);
  }
}
