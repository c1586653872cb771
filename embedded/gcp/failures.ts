import type { Failure, Operation } from "../daemon/failures.ts";
import { ApiError } from "./apiError.ts";

/**
 * The error that a failure on demand stands for; undefined where it only delays. The words: `quota`, `permission`, `slow`
 * (nothing but the delay), `timeout` (it has its effect, and yet fails), `die` (an instance dies after the delay).
 */
export function errorOf({ error, operation }: Failure, { noun, id }: Operation): ApiError | undefined {
  switch (error) {
    case "slow":
    case "die":
      return undefined;
    case "quota":
      return new ApiError(403, `Quota '${noun.toUpperCase()}S' exceeded. Limit: 0.0 in region.`);
    case "permission":
      return new ApiError(403, `Required '${operation}' permission for '${id}'`);
    default:
      return new ApiError(503, error);
  }
}
