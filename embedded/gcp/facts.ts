import type { PackageFacts } from "../core/facts.ts";
import data from "./facts.json" with { type: "json" };

/**
 * The @pulumi/gcp provider 9.37.0, as far as it is imitated here: shapes from the npm package, replacement, defaults and
 * validation from hashicorp/terraform-provider-google-beta 7.45, names and overrides from pulumi/pulumi-gcp.
 */
export const gcpFacts = data as unknown as PackageFacts;
