import type { IncomingMessage } from "node:http";
import { ApiError } from "../apiError.ts";
import type { Caller, Tokens } from "../tokens.ts";
import { allows, type Binding, scopesCover } from "./policy.ts";

/** Who asks, and whether they may. */
export class Access {
  readonly #tokens: Tokens;
  readonly #bindings: () => readonly Binding[];
  readonly #exists: (email: string) => boolean;

  /** @param exists whether the service account is there and enabled */
  constructor(tokens: Tokens, bindings: () => readonly Binding[], exists: (email: string) => boolean) {
    this.#tokens = tokens;
    this.#bindings = bindings;
    this.#exists = exists;
  }

  /**
   * The service account that a request names by its token; undefined where it brings none.
   * @throws ApiError 401 for a token that is not good
   */
  callerOf(request: Pick<IncomingMessage, "headers">): Caller | undefined {
    const token = tokenOf(request.headers.authorization);
    if (token === undefined) return undefined;
    const caller = this.#tokens.verify(token);
    if (caller === undefined || !this.#exists(caller.email)) {
      throw new ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
      );
    }
    return caller;
  }

  /** Whether the caller has the permission on one of the resources: the one meant and those above it. */
  may(caller: Caller | undefined, permission: string, resources: readonly string[]): boolean {
    if (caller && !scopesCover(caller.scopes, permission)) return false;
    return allows(this.#bindings(), caller?.email, permission, resources);
  }
}

/** The token of `Bearer <token>`, or of the `Basic` form that registries are given. */
export function tokenOf(authorization: string | undefined): string | undefined {
  const [scheme = "", value = ""] = (authorization ?? "").split(" ");
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const text = Buffer.from(value, "base64").toString();
  return text.slice(text.indexOf(":") + 1);
}
