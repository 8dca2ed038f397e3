/** SIGTERM and SIGINT: the first asks whoever is in charge at the time to stop, the next ends the process at once. */
export class StopSignals {
  /** The first signal has come. */
  stopping = false;
  #stop: () => void;

  constructor(stop: () => void) {
    this.#stop = stop;
    const onSignal = () => {
      if (this.stopping) process.exit(0);
      this.stopping = true;
      this.#stop();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  }

  /** Another is in charge from now on, and has to stop right away if that is wanted already. */
  handOver(stop: () => void): void {
    this.#stop = stop;
    if (this.stopping) stop();
  }
}
