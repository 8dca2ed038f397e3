/** Loopback addresses for pods: each pod its own out of 127.64.0.0/10. */

const FIRST = 127 * 2 ** 24 + 64 * 2 ** 16;
const SIZE = 2 ** 22;

export interface PodAddresses {
  /** A free address, the one that was free for the longest time; undefined when none is left. */
  allocate(): string | undefined;
  release(address: string): void;
}

/** Starts at `start` (0 or more), so that two runs on one machine rarely meet. */
export function podAddresses(start = 0): PodAddresses {
  const used = new Set<number>();
  let next = start % SIZE;
  return {
    allocate() {
      for (let tries = 0; tries < SIZE; tries++) {
        const offset = next;
        next = (next + 1) % SIZE;
        if (!usable(offset) || used.has(offset)) continue;
        used.add(offset);
        return format(FIRST + offset);
      }
      return undefined;
    },
    release(address) {
      used.delete(parse(address) - FIRST);
    },
  };
}

// Addresses that end in .0 or .255 look like network addresses and confuse people and tools.
function usable(offset: number): boolean {
  const last = offset & 0xff;
  return last !== 0 && last !== 0xff;
}

function format(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function parse(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}
