import type { StoredCloud, Kind as StoredKind, Scope as StoredScope } from "../../daemon/kind.ts";
import type { Vault } from "../../daemon/vault.ts";
import type { Images } from "../images.ts";
import type { Home } from "../names.ts";
import type { Runtime } from "../runtime/model.ts";
import type { Store } from "../store.ts";

/** What resources need of a cloud. */
export interface ResourceCloud extends StoredCloud {
  /** Of its folder, 8 hexadecimal digits. */
  readonly id: string;
  readonly store: Store;
  readonly vault: Pick<Vault, "put" | "remove">;
  readonly images: Pick<Images, "any" | "remove">;
  readonly runtime: Runtime;
  /** @throws where an address is none of this machine's */
  tryAddress(address: string): Promise<void>;
}

/** What a provider of the program is configured with. */
export interface Place extends Home {
  readonly defaultTags: Readonly<Record<string, string>>;
}

export type Scope = StoredScope<ResourceCloud, Place>;

/** How one type of resource is kept. Whatever the API would refuse is an AwsError. */
export interface Kind extends StoredKind<ResourceCloud, Place> {
  /** Service as the SDK names it: `ECS`. */
  readonly api: string;
  /** Names of the API's operations, where they are not made of the noun: `RegisterTaskDefinition`. */
  readonly operations?: Partial<Record<Operation, string>>;
}

export type Operation = "creating" | "reading" | "updating" | "deleting";
