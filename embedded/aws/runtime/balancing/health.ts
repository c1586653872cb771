import type { TargetGroup, TargetHealth } from "../../balancing/model.ts";

/** What is known of a target's health. */
export interface Health {
  readonly state: "initial" | "healthy" | "unhealthy";
  /** Checks in a row that said otherwise; while initial, that failed. */
  readonly against: number;
  readonly reason?: string;
  readonly description?: string;
}

/** What one check found. */
export type Finding =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly description: string };

export const initial: Health = {
  state: "initial",
  against: 0,
  reason: "Elb.InitialHealthChecking",
  description: "Initial health checks in progress",
};

export const timedOut: Finding = { ok: false, reason: "Target.Timeout", description: "Request timed out" };
export const failed: Finding = { ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" };

export function mismatch(code: number): Finding {
  const description = `Health checks failed with these codes: [${code}]`;
  return { ok: false, reason: "Target.ResponseCodeMismatch", description };
}

/** A new target is healthy with its first success; otherwise it takes the thresholds to change. */
export function judged(
  health: Health,
  finding: Finding,
  { healthyThreshold, unhealthyThreshold }: Pick<TargetGroup["healthCheck"], "healthyThreshold" | "unhealthyThreshold">,
): Health {
  const why = finding.ok ? {} : { reason: finding.reason, description: finding.description };
  if (finding.ok) {
    if (health.state === "healthy" || health.state === "initial") return { state: "healthy", against: 0 };
    const against = health.against + 1;
    return against >= healthyThreshold ? { state: "healthy", against: 0 } : { ...health, against };
  }
  if (health.state === "unhealthy") return { state: "unhealthy", against: 0, ...why };
  const against = health.against + 1;
  return against >= unhealthyThreshold ? { state: "unhealthy", against: 0, ...why } : { ...health, against };
}

/** Whether a code is among those of a matcher such as `200-299,302`. */
export function matches(matcher: string, code: number): boolean {
  return matcher.split(",").some((part) => {
    const [first = "", last = first] = part.trim().split("-");
    return code >= Number(first) && code <= Number(last);
  });
}

/** As the API shows a target that is not being checked. */
export const unused: Pick<TargetHealth, "state" | "reason" | "description"> = {
  state: "unused",
  reason: "Target.NotInUse",
  description: "Target group is not configured to receive traffic from the load balancer",
};

export const draining: Pick<TargetHealth, "state" | "reason" | "description"> = {
  state: "draining",
  reason: "Target.DeregistrationInProgress",
  description: "Target deregistration is in progress",
};
