import type { ClaimAnswer, LaunchSpec, TerminationMessage } from '../wire.ts';

/** What a claim is answered with, see crds/wire/claim.ts. */
export type Outcome =
  | { readonly status: 200; readonly body: ClaimAnswer }
  | { readonly status: 422; readonly body: TerminationMessage }
  | { readonly status: 400 | 401 | 409 | 413 | 429 | 503; readonly body?: undefined };

/** Answers one claim. @returns a promise that is kept when the answer is on its way, or nobody is there to take it. */
export type Reply = (outcome: Outcome) => Promise<void>;

export type Owner = Pick<LaunchSpec, 'function' | 'revision'>;

export interface Claim {
  readonly spec: LaunchSpec;
  /** The spec as it came. */
  readonly body: Buffer;
  /** When all of it was there, by `performance.now()`. */
  readonly receivedAt: number;
}

export interface ClaimsOptions {
  /** Makes the pod the function's, for the first claim; ends in a call of `settle`. */
  readonly take: (claim: Claim) => void;
  readonly leaving: () => boolean;
}

/** Whose pod this is: nobody's until the first claim, from then on that function's and that revision's. */
export class Claims {
  readonly #options: ClaimsOptions;
  #owner: Owner | undefined;
  #outcome: Outcome | undefined;
  readonly #waiting: Reply[] = [];

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Of a pod that was claimed before its container started again. */
  static settled(owner: Owner, outcome: Outcome, leaving: () => boolean): Claims {
    const claims = new Claims({ take: () => undefined, leaving });
    claims.#owner = ownerOf(owner);
    claims.#outcome = outcome;
    return claims;
  }

  get taken(): boolean {
    return this.#owner !== undefined;
  }

  /** Has a genuine claim answered: at once, or as the first one when it is known what came of that. */
  claim(claim: Claim, reply: Reply): void {
    const { take, leaving } = this.#options;
    if (leaving()) return void reply({ status: 503 });
    if (this.#owner && !isSame(this.#owner, claim.spec)) return void reply({ status: 409 });
    if (this.#outcome) return void reply(repeated(this.#outcome));
    this.#waiting.push(reply);
    if (this.#owner) return;
    this.#owner = ownerOf(claim.spec);
    take(claim);
  }

  /** What came of the first claim. Whoever waits for it is told; later ones hear the same, and that they are late. */
  async settle(outcome: Outcome): Promise<void> {
    this.#outcome = outcome;
    await Promise.all(this.#waiting.splice(0).map((reply) => reply(outcome)));
  }
}

/** To who did not wait for the code to load. */
function repeated(outcome: Outcome): Outcome {
  return outcome.status === 200 ? { status: 200, body: { ...outcome.body, again: true } } : outcome;
}

/** Without the rest of the spec, which may be megabytes. */
function ownerOf({ function: key, revision }: Owner): Owner {
  return { function: key, revision };
}

function isSame(owner: Owner, spec: Owner): boolean {
  return owner.function === spec.function && owner.revision === spec.revision;
}
