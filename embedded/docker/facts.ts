import type { PackageFacts } from "../core/facts.ts";
import data from "./facts.json" with { type: "json" };

/**
 * The @pulumi/docker provider 5.2.0, as far as it is implemented here. Sources: its schema.json, and the resources of
 * kreuzwerker/terraform-provider-docker 4.x, which it wraps.
 */
export const dockerFacts = data as unknown as PackageFacts;
