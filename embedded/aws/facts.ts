import type { Format, PackageFacts } from "../core/facts.ts";
import { jsonFormat, sorted } from "../core/formats.ts";
import { canonicalContainers, parseContainers } from "./ecs/containers.ts";
import data from "./facts.json" with { type: "json" };
import { policyProblem } from "./iam/policy.ts";

/** Container definitions mean the same in whatever order, and with what ECS fills in. */
const containerDefinitions: Format = {
  problem(text) {
    try {
      parseContainers(text);
      return undefined;
    } catch (error) {
      return `is invalid: ECS Task Definition container_definitions is invalid: ${(error as Error).message}`;
    }
  },
  equal: (a, b) => canonical(a) === canonical(b),
};

function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(canonicalContainers(parseContainers(text), "bridge")));
  } catch {
    return text;
  }
}

/**
 * The @pulumi/aws provider 7.48.0, as far as it is imitated here: shapes from the npm package, replacement, defaults and
 * validation from hashicorp/terraform-provider-aws, names and overrides from pulumi/pulumi-aws.
 */
export const awsFacts: PackageFacts = {
  ...(data as unknown as PackageFacts),
  formats: { policy: jsonFormat(policyProblem), containerDefinitions },
};
