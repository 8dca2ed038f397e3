import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pickPod } from './balancer.ts';
import type { Pod } from './pod.ts';

const pod = fc.record({
  state: fc.constantFrom('starting', 'up', 'leaving'),
  inFlight: fc.nat(5),
  others: fc.nat(5),
  room: fc.record({ limit: fc.constantFrom(0, 1, 4, Number.POSITIVE_INFINITY) }),
});

const running = ({ inFlight, others }: Pick<Pod, 'inFlight' | 'others'>) => inFlight + others;

it('picks a pod that is up, has room and runs no more than any other such pod', () => {
  fc.assert(
    fc.property(fc.array(pod), fc.integer({ min: 1, max: 5 }), (pods, most) => {
      const fit = pods.filter(
        ({ state, inFlight, room }) => state === 'up' && inFlight < Math.min(most, room.limit),
      );
      const picked = pickPod(pods as unknown as Pod[], most);
      expect(picked && running(picked)).toBe(fit.length > 0 ? Math.min(...fit.map(running)) : undefined);
      if (picked) expect(fit).toContain(picked);
    }),
  );
});
