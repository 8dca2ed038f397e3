/** How one trigger fares: what the operator and Prometheus get to hear. */

import { splitKey } from '#crds/wire/names.ts';
import { type Reason, reasons } from '#crds/wire/reasons.ts';
import type { TriggerReport } from '#crds/wire/samples.ts';

export class TriggerState {
  readonly functionKey: string;
  readonly name: string;
  readonly type: string;
  connected = false;
  reason: Reason = reasons.triggerConnecting;
  message = 'Connecting.';
  /** As the source last told; undefined when it does not know. */
  lag: number | undefined = undefined;
  private readonly onChange: (state: TriggerState) => void;

  constructor(functionKey: string, name: string, type: string, onChange: (state: TriggerState) => void) {
    this.functionKey = functionKey;
    this.name = name;
    this.type = type;
    this.onChange = onChange;
  }

  set(reason: Reason, message: string): void {
    if (this.reason === reason && this.message === message) return;
    this.reason = reason;
    this.message = message;
    this.connected = reason === reasons.triggerConnected;
    this.onChange(this);
  }

  report(): TriggerReport {
    const { namespace, name } = splitKey(this.functionKey);
    const { connected, reason, message } = this;
    return { namespace, function: name, trigger: this.name, connected, reason, message };
  }
}
