import type { Failure, Operation } from "../daemon/failures.ts";
import { AwsError } from "./apiError.ts";
import type { Home } from "./names.ts";
import type { DemandedFailure } from "./runtime/model.ts";

/**
 * The error that a failure on demand of a resource stands for; undefined where it only delays. The words: `quota`,
 * `permission`, `slow` (nothing but the delay), `timeout` (it has its effect, and yet fails).
 */
export function errorOf(
  { error, operation }: Failure,
  { noun, type }: Operation,
  { account }: Home,
): AwsError | undefined {
  switch (error) {
    case "slow":
      return undefined;
    case "quota":
      return new AwsError("LimitExceededException", `The maximum number of ${noun}s has been reached.`);
    case "permission": {
      const action = `${type.split(/[:/]/)[1]}:${operation[0]?.toUpperCase()}${operation.slice(1)}${noun.replaceAll(" ", "")}`;
      const message = `User: arn:aws:iam::${account}:user/retrofit is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`;
      return new AwsError("AccessDeniedException", message);
    }
    default:
      return new AwsError("InternalFailure", error, 500);
  }
}

/** What can be asked to go wrong with a container, where a failure's `operation` is `run`. */
export const containerFailures: readonly DemandedFailure[] = [
  "imageNotFound",
  "outOfMemory",
  "neverHealthy",
  "accessDenied",
];

export function isContainerFailure(error: string): error is DemandedFailure {
  return (containerFailures as readonly string[]).includes(error);
}
