import type { TargetGroup } from "../../balancing/model.ts";
import type { Traffic } from "./traffic.ts";

/** One of several, by the target group's algorithm. @param turn counts the requests */
export function choose<T extends { readonly traffic: Pick<Traffic, "count"> }>(
  candidates: readonly T[],
  algorithm: TargetGroup["algorithm"] | undefined,
  turn: number,
): T | undefined {
  if (algorithm === "least_outstanding_requests") {
    const least = Math.min(...candidates.map(({ traffic }) => traffic.count));
    const idle = candidates.filter(({ traffic }) => traffic.count === least);
    return idle[turn % Math.max(idle.length, 1)];
  }
  if (algorithm === "weighted_random") return candidates[Math.floor(Math.random() * candidates.length)];
  return candidates[turn % Math.max(candidates.length, 1)];
}

/** One of several target groups, each as often as its weight says. @param chance from 0 to 1 */
export function weighted<T extends { readonly weight: number }>(groups: readonly T[], chance: number): T | undefined {
  const point = chance * groups.reduce((sum, { weight }) => sum + weight, 0);
  let passed = 0;
  return groups.find(({ weight }) => {
    passed += weight;
    return point < passed;
  });
}
