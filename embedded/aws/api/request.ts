import type { Cloud } from "../cloud.ts";
import type { Shape } from "../ecs/shape.ts";
import type { Home } from "../names.ts";

/** A call of one of AWS's JSON APIs. */
export interface ApiRequest extends Home {
  /** Its `X-Amz-Target`: `AmazonEC2ContainerServiceV20141113.RunTask`. */
  readonly target: string;
  /** JSON. */
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  /** JSON. */
  readonly body: string;
}

/** In what an operation runs. */
export interface ApiScope {
  readonly cloud: Cloud;
  readonly home: Home;
}

/** One operation of an API. */
export interface Operation<Input = unknown> {
  readonly shape: Shape;
  /** @throws {AwsError} */
  run(input: Input, scope: ApiScope): object | Promise<object>;
}

/** An operation whose input has its shape when it is run. */
export function operation<Input>(
  fields: Readonly<Record<string, Shape>>,
  run: (input: Input, scope: ApiScope) => object | Promise<object>,
): Operation {
  return { shape: { fields }, run: (input, scope) => run(input as Input, scope) };
}

/** A part of a list, and the token with which the next one is asked for. */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  most: number,
): { readonly items: readonly T[]; readonly nextToken?: string } {
  const start = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString());
  const end = start + most;
  if (end >= items.length) return { items: items.slice(start) };
  return { items: items.slice(start, end), nextToken: Buffer.from(String(end)).toString("base64url") };
}
