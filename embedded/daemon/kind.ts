import type { Call } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import type { Store } from "./store.ts";

/** What the handler of stored resources needs of a cloud. */
export interface StoredCloud {
  readonly store: Pick<Store, "get" | "put" | "remove">;
  /** File of the failures that are asked for. */
  readonly failuresFile: string;
}

/** In what a request is answered. */
export interface Scope<Cloud, Place> {
  readonly cloud: Cloud;
  /** What the provider of the program is configured with. */
  readonly place: Place;
  readonly call: Pick<Call, "signal" | "log">;
}

/** How one type of resource is kept. Whatever the cloud's API would refuse is an error of that API. */
export interface Kind<Cloud, Place> {
  readonly type: string;
  /** As the provider's messages name it: `Instance`. */
  readonly noun: string;
  /** Inputs of which the state keeps nothing: secret bytes. */
  readonly hidden?: readonly string[];
  /** Whether what is there already may be asked for once more, as by another program. @default false */
  readonly shared?: boolean;
  id(outputs: PlainMap): string;
  /** Under what it is stored, where several may have the same id. @default the id */
  key?(outputs: PlainMap): string;
  /** The key that is meant by what an import says. @default what it says */
  imported?(id: string, scope: Scope<Cloud, Place>): string;
  /** All outputs, from the inputs and, at an update, from what it was before. Without effect. */
  outputs(inputs: PlainMap, scope: Scope<Cloud, Place>, before?: PlainMap): PlainMap;
  /** Makes what stands behind it; the resource is already in the store. Gives what is only known now. */
  created?(id: string, outputs: PlainMap, scope: Scope<Cloud, Place>, inputs: PlainMap): Promise<PlainMap | undefined>;
  /** Brings what stands behind it to the new outputs, which are already in the store. */
  updated?(id: string, outputs: PlainMap, before: PlainMap, scope: Scope<Cloud, Place>): Promise<void>;
  /** Removes what stands behind it; it is still in the store. @throws when it must not go */
  deleting?(id: string, outputs: PlainMap, scope: Scope<Cloud, Place>): Promise<void>;
  /** After it is out of the store. */
  deleted?(id: string, outputs: PlainMap, scope: Scope<Cloud, Place>): Promise<void>;
  /** What changes by itself; undefined where it is gone. */
  live?(id: string, outputs: PlainMap, scope: Scope<Cloud, Place>): Promise<PlainMap | undefined>;
}
