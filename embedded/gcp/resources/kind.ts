import type { Kind as StoredKind, Scope as StoredScope } from "../../daemon/kind.ts";
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

export type Scope = StoredScope<Cloud, Place>;

/** How one type of resource is kept. Whatever the API would refuse is an ApiError. */
export interface Kind extends StoredKind<Cloud, Place> {
  /** API that must be enabled. */
  readonly api?: string;
}
