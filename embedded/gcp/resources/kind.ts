import type { Call } from "../../core/handler.ts";
import type { PlainMap } from "../../core/value.ts";
import type { Cloud } from "../cloud.ts";

/** What a provider of the program is configured with. */
export interface Place {
  readonly project?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** Whether Pulumi's own label is added to what takes labels. */
  readonly attribution: boolean;
}

/** In what a request is answered. */
export interface Scope {
  readonly cloud: Cloud;
  readonly place: Place;
  readonly call: Pick<Call, "signal" | "log">;
}

/** How one type of resource is kept. Whatever the API would refuse is an ApiError. */
export interface Kind {
  readonly type: string;
  /** As the provider's messages name it: `Instance`. */
  readonly noun: string;
  /** API that must be enabled. */
  readonly api?: string;
  /** Inputs of which the state keeps nothing: secret bytes. */
  readonly hidden?: readonly string[];
  id(outputs: PlainMap): string;
  /** All outputs, from the inputs and, at an update, from what it was before. Without effect. */
  outputs(inputs: PlainMap, scope: Scope, before?: PlainMap): PlainMap;
  /** Makes what stands behind it; the resource is already in the store. Gives what is only known now. */
  created?(id: string, outputs: PlainMap, scope: Scope, inputs: PlainMap): Promise<PlainMap | undefined>;
  /** Brings what stands behind it to the new outputs, which are already in the store. */
  updated?(id: string, outputs: PlainMap, before: PlainMap, scope: Scope): Promise<void>;
  /** Removes what stands behind it; it is still in the store. @throws when it must not go */
  deleting?(id: string, outputs: PlainMap, scope: Scope): Promise<void>;
  /** After it is out of the store. */
  deleted?(id: string, outputs: PlainMap, scope: Scope): Promise<void>;
  /** What changes by itself; undefined where it is gone. */
  live?(id: string, outputs: PlainMap, scope: Scope): Promise<PlainMap | undefined>;
}
