import { createHash, randomBytes } from "node:crypto";
import type { AutoNameFacts } from "./facts.ts";

/** What the stack's configuration (`pulumi:autonaming`) says about names; absent when it says nothing. */
export type Autonaming =
  | { readonly mode: "propose" | "enforce"; readonly proposedName: string }
  | { readonly mode: "disable" };

export interface AutoNameRequest {
  /** Name of the resource in the program. */
  readonly resource: string;
  /** The engine's random seed: the same seed gives the same name, so that an update plan holds. Empty: any name. */
  readonly seed: Uint8Array;
  readonly autonaming?: Autonaming;
}

/** A name for a resource that was given none, or why there can be none. */
export function autoName(facts: AutoNameFacts, request: AutoNameRequest): { name: string } | { problem: string } {
  const { seed, autonaming } = request;
  const resource = facts.lower ? request.resource.toLowerCase() : request.resource;
  if (autonaming?.mode === "disable") {
    return { problem: "must be given, because pulumi:autonaming is disabled for this resource" };
  }
  if (autonaming?.mode === "enforce") {
    return autonaming.proposedName.length <= facts.max
      ? { name: autonaming.proposedName }
      : { problem: `the name ${autonaming.proposedName} is longer than ${facts.max} characters` };
  }
  if (autonaming?.mode === "propose" && autonaming.proposedName.length <= facts.max) {
    return { name: autonaming.proposedName };
  }
  const prefix = resource + facts.sep;
  if (prefix.length + facts.digits > facts.max) {
    return { problem: `the name ${prefix} and ${facts.digits} digits are longer than ${facts.max} characters` };
  }
  return { name: prefix + hexDigits(seed, facts.digits) };
}

function hexDigits(seed: Uint8Array, count: number): string {
  if (seed.length === 0) return randomBytes(count).toString("hex").slice(0, count);
  return createHash("sha512").update(seed).digest("hex").slice(0, count);
}
