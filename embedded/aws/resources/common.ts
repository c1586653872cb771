import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { arn, type Home } from "../names.ts";
import type { Scope } from "./kind.ts";

/** Where a resource is. */
export function homeOf(inputs: PlainMap, { place }: Scope): Home {
  return { region: (inputs.region as string | undefined) ?? place.region, account: place.account };
}

/** Its region, and its tags: the program's own, and those with the provider's. */
export function common(inputs: PlainMap, scope: Scope): PlainMap {
  const { region } = homeOf(inputs, scope);
  const tags = (inputs.tags ?? {}) as Record<string, string>;
  const all = { ...scope.place.defaultTags, ...tags };
  for (const [key, value] of Object.entries(all)) {
    if (/^aws:/i.test(key))
      throw new AwsError("InvalidParameterValue", `Tag keys starting with 'aws:' are reserved for system use: ${key}`);
    if (key.length > 128 || value.length > 256)
      throw new AwsError("InvalidParameterValue", `The tag ${key} is too long.`);
  }
  return { ...inputs, region, ...(inputs.tags === undefined ? {} : { tags }), tagsAll: all };
}

export function arnOf(service: string, inputs: PlainMap, scope: Scope, rest: string): string {
  return arn(service, homeOf(inputs, scope), rest);
}

/** Milliseconds for which the provider tries again what something that is just being deleted is in the way of. */
const patience = 20_000;

/** Checks until nothing is in the way. @throws {AwsError} what still is when patience ends */
export async function patiently(signal: AbortSignal, check: () => void): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof AwsError) || Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    signal.throwIfAborted();
  }
}
