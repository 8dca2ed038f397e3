/** Runs writes in the order they come, a bounded number at the same time. */
export interface Writers {
  /** `task` must not reject. */
  add(task: () => Promise<void>): void;
  /** Drops what has not begun and waits for the rest. */
  stop(): Promise<void>;
}

export function createWriters(atOnce: number): Writers {
  const waiting: (() => Promise<void>)[] = [];
  const running = new Set<Promise<void>>();
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next();
  };
  return {
    add(task) {
      waiting.push(task);
      if (running.size >= atOnce) return;
      const worker: Promise<void> = work().finally(() => running.delete(worker));
      running.add(worker);
    },
    async stop() {
      waiting.length = 0;
      await Promise.all(running);
    },
  };
}
