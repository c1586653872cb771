import type { Input } from "@pulumi/pulumi";
import type { App } from "../compose/model.ts";

/** What a deployment tells, as the stack's outputs. */
export interface Outputs {
  /** Where to open the app; null where nothing is published that speaks HTTP. */
  readonly url: Input<string | null>;
  /** Every published port, by `service:port`. */
  readonly endpoints: Input<Readonly<Record<string, string>>>;
  /** The image of each service. */
  readonly images: Readonly<Record<string, Input<string>>>;
  /** What else there is to know of this target. */
  readonly [output: string]: unknown;
}

/** Declares everything that an app needs. @throws UserError where it cannot be deployed as it is */
export type Target = (app: App) => Promise<Outputs>;
