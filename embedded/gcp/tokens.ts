import { timingSafeEqual } from "node:crypto";

/** Who a request comes from. */
export interface Caller {
  /** Service account. */
  readonly email: string;
  readonly scopes: readonly string[];
}

/** Seconds that a token is good for, as on Compute Engine. */
const lifetime = 3599;

/** Access tokens of service accounts: opaque to their bearers, verifiable without being kept. */
export class Tokens {
  readonly #sign: (text: string) => string;
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(sign: (text: string) => string, now: () => number = Date.now) {
    this.#sign = sign;
    this.#now = now;
  }

  issue(caller: Caller): { token: string; expiresIn: number } {
    const expires = Math.floor(this.#now() / 1000) + lifetime;
    const claims = Buffer.from(JSON.stringify({ ...caller, expires })).toString("base64url");
    return { token: `ya29.${claims}.${this.#sign(claims)}`, expiresIn: lifetime };
  }

  /** Whose token it is; undefined where it is none of ours or too old. */
  verify(token: string): Caller | undefined {
    const [prefix, claims, signature, ...rest] = token.split(".");
    if (prefix !== "ya29" || claims === undefined || signature === undefined || rest.length > 0) return undefined;
    const expected = Buffer.from(this.#sign(claims));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const { email, scopes, expires } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Caller & {
      expires: number;
    };
    return expires * 1000 > this.#now() ? { email, scopes } : undefined;
  }
}
