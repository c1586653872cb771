import type { TaskDefinition } from "../../ecs/taskDefinition.ts";
import type { TaskRecord } from "../tasks/record.ts";
import { unhealthyContainers, unhealthyTargets } from "../tasks/words.ts";
import type { TaskView } from "./plan.ts";

/** Seconds that a task without any check runs until it counts as healthy. */
const steadyAfter = 5;

export type TargetState = "initial" | "healthy" | "unhealthy" | undefined;

export interface HealthSources {
  readonly definition: TaskDefinition | undefined;
  /** States of its targets, by target group; undefined where it is not registered yet. */
  readonly targets: readonly { readonly targetGroupArn: string; readonly state: TargetState }[];
  /** Seconds after its start during which nothing counts against it. */
  readonly grace: number;
  /** Seconds since 1970. */
  readonly now: number;
}

/** What the scheduler makes of a task, and what it says of one that is not healthy. */
export function viewOf(
  { task }: TaskRecord,
  { definition, targets, grace, now }: HealthSources,
): TaskView & { readonly reason?: string } {
  const { taskArn, startedBy: deployment = "", desiredStatus, lastStatus, healthStatus, startedAt = now } = task;
  const phase = desiredStatus === "STOPPED" ? "stopping" : lastStatus === "RUNNING" ? "running" : "starting";
  const view = (health: TaskView["health"], reason?: string) => ({
    taskArn,
    deployment,
    phase,
    health,
    ...(reason ? { reason } : {}),
  });
  if (phase !== "running") return view("unknown") as TaskView;
  const sick = targets.find(({ state }) => state === "unhealthy");
  const reason = healthStatus === "UNHEALTHY" ? unhealthyContainers : sick && unhealthyTargets(sick.targetGroupArn);
  if (reason !== undefined) return view(now - startedAt < grace ? "unknown" : "unhealthy", reason) as TaskView;
  const checked = definition?.containerDefinitions.some(({ essential, healthCheck }) => essential && healthCheck);
  if (checked && healthStatus !== "HEALTHY") return view("unknown") as TaskView;
  if (targets.some(({ state }) => state !== "healthy")) return view("unknown") as TaskView;
  const proven = checked || targets.length > 0 || now - startedAt >= steadyAfter;
  return view(proven ? "healthy" : "unknown") as TaskView;
}
