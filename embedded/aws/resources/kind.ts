import type { Kind as StoredKind, Scope as StoredScope } from "../../daemon/kind.ts";
import type { Cloud } from "../cloud.ts";
import type { Home } from "../names.ts";

/** What a provider of the program is configured with. */
export interface Place extends Home {
  readonly defaultTags: Readonly<Record<string, string>>;
}

export type Scope = StoredScope<Cloud, Place>;

/** How one type of resource is kept. Whatever the API would refuse is an AwsError. */
export interface Kind extends StoredKind<Cloud, Place> {
  /** Service as the SDK names it: `ECS`. */
  readonly api: string;
  /** Names of the API's operations, where they are not made of the noun: `RegisterTaskDefinition`. */
  readonly operations?: Partial<Record<Operation, string>>;
}

export type Operation = "creating" | "reading" | "updating" | "deleting";
