import type { PlainMap } from "../core/value.ts";

/** What is asked of a daemon. `Place` is what a provider of the program is configured with. */
export type Request<Place = unknown> =
  | {
      readonly kind: "resource";
      readonly operation: "create" | "read" | "update" | "delete" | "importInputs";
      readonly type: string;
      readonly urn: string;
      readonly name: string;
      readonly place: Place;
      readonly id?: string;
      readonly inputs?: PlainMap;
      readonly news?: PlainMap;
      readonly outputs?: PlainMap;
    }
  | { readonly kind: "function"; readonly token: string; readonly args: PlainMap; readonly place: Place }
  | { readonly kind: "control"; readonly command: string; readonly args: readonly string[] };

/** Its answer: lines of JSON, the last of which is a result or an error. */
export type Line =
  | { readonly log: readonly [severity: "debug" | "info" | "warning" | "error", message: string] }
  | { readonly output: string }
  | { readonly result: unknown }
  | { readonly error: string; readonly left?: { readonly id: string; readonly outputs: PlainMap } };

/** How to reach a daemon, as it says in `daemon.json` of its folder. */
export interface Contact {
  readonly pid: number;
  /** On 127.0.0.1. */
  readonly port: number;
  /** To be shown with each request. */
  readonly secret: string;
  /** Of the sources that it runs. */
  readonly version: string;
}

/** The HTTP status of what is asked of a daemon that is about to end: the next one answers it. */
export const ending = 503;
