/** Starts pods in processes of their own, kills them, and reads what they wrote down. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nextAddress } from '../fixture.ts';

const SCRIPT = fileURLToPath(new URL('./pod-process.ts', import.meta.url));

export class CrashingPod {
  readonly address = nextAddress();
  /** Bodies of the calls that it began and of those that it ended, in order, as of the last look. */
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  private readonly port: number;
  private readonly file: string;
  private child: ChildProcess | undefined;
  private answered = 0;
  /** Calls that earlier kills broke off. */
  private broken = 0;
  /** How much of the file was read. */
  private seen = 0;

  constructor(port: number, directory: string) {
    this.port = port;
    this.file = join(directory, this.address);
    writeFileSync(this.file, '');
  }

  /** Resolves when it listens, at the same address as before. */
  async start(): Promise<void> {
    this.child = fork(SCRIPT, [this.address, String(this.port), this.file]);
    await once(this.child, 'message');
  }

  /** @returns how many calls it had begun and not answered */
  async kill(): Promise<number> {
    const exited = this.child && once(this.child, 'exit');
    this.child?.kill('SIGKILL');
    await exited;
    this.look();
    const broken = this.begun.length - this.answered;
    const inFlight = broken - this.broken;
    this.broken = broken;
    return inFlight;
  }

  /** Takes in what it has written down since the last time. */
  look(): this {
    const text = readFileSync(this.file, 'latin1');
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(this.seen, end).split('\n')) {
      if (line.startsWith('+')) this.begun.push(line.slice(1));
      else if (line.startsWith('-')) this.ended.push(line.slice(1));
      else if (line !== '') this.answered += 1;
    }
    this.seen = end;
    return this;
  }
}
