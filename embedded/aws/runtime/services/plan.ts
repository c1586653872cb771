/**
 * What the service scheduler does next: a pure function of what is wanted and of what there is, as ECS's rolling update does it:
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */
import type { ServiceSpec } from "../../ecs/service.ts";

export interface TaskView {
  readonly taskArn: string;
  /** Id of the deployment that started it. */
  readonly deployment: string;
  readonly phase: "starting" | "running" | "stopping";
  /** `unknown`: it has not been found to be either yet. */
  readonly health: "healthy" | "unhealthy" | "unknown";
}

export interface DeploymentView {
  readonly id: string;
  readonly rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  /** Tasks in a row that have failed. */
  readonly failedTasks: number;
  /** Milliseconds since 1970 before which it starts nothing. */
  readonly notBefore: number;
}

type Wanted = Pick<ServiceSpec, "desiredCount" | "minimumHealthyPercent" | "maximumPercent" | "circuitBreaker">;

export interface Decision {
  /** How many tasks of the primary deployment to start. */
  readonly start: number;
  /** Tasks to stop. */
  readonly stop: readonly { readonly taskArn: string; readonly why: "surplus" | "unhealthy" }[];
  /** What has become of the primary deployment. */
  readonly outcome?: "completed" | "failed";
}

/** @param deployments the primary one first */
export function decide(
  wanted: Wanted,
  [primary, ...others]: readonly DeploymentView[],
  tasks: readonly TaskView[],
  now: number,
): Decision {
  if (primary === undefined) return { start: 0, stop: [] };
  const { desiredCount, minimumHealthyPercent, maximumPercent, circuitBreaker } = wanted;
  const inProgress = primary.rolloutState === "IN_PROGRESS";
  if (inProgress && circuitBreaker.enable && primary.failedTasks >= failureThreshold(desiredCount)) {
    return { start: 0, stop: [], outcome: "failed" };
  }
  const most = Math.floor((desiredCount * maximumPercent) / 100);
  const least = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
  const live = tasks.filter(({ phase }) => phase !== "stopping");
  const [own, old] = [
    live.filter(({ deployment }) => deployment === primary.id),
    live.filter(({ deployment }) => others.some(({ id }) => id === deployment)),
  ];
  // Tasks that are stopping still hold what they have: a volume, a port.
  const room = Math.max(most - tasks.length, 0);
  const useful = own.filter(({ health }) => health !== "unhealthy");
  const missing = Math.max(desiredCount - useful.length, 0);
  const starts = primary.rolloutState !== "FAILED" && now >= primary.notBefore;

  const unhealthy = live.filter(({ health }) => health === "unhealthy");
  // In a service that was steady one goes when its replacement is healthy, or where there is no room for that.
  const [ownSick, oldSick] = [
    unhealthy.filter(({ deployment }) => deployment === primary.id),
    unhealthy.filter(({ deployment }) => deployment !== primary.id),
  ];
  const unproven = desiredCount - own.filter(({ health }) => health === "healthy").length;
  const kept = inProgress || (missing > 0 && room === 0) ? 0 : Math.max(unproven, 0);
  const sick = [...oldSick, ...ownSick.slice(0, Math.max(ownSick.length - kept, 0))];

  const surplus = inOrder(useful).slice(0, Math.max(useful.length - desiredCount, 0));
  const stopping = new Set([...sick, ...surplus]);
  const healthy = live.filter((task) => task.health === "healthy" && !stopping.has(task)).length;
  const rest = inOrder(old.filter((task) => !stopping.has(task)));
  const [idle, serving] = [
    rest.filter(({ health }) => health !== "healthy"),
    rest.filter(({ health }) => health === "healthy"),
  ];
  // A failed deployment without a way back leaves the old tasks alone.
  const outdated =
    primary.rolloutState === "FAILED" ? [] : [...idle, ...serving.slice(0, Math.max(healthy - least, 0))];

  const steady = useful.length === desiredCount && useful.every(({ health }) => health === "healthy");
  return {
    start: starts ? Math.min(missing, room) : 0,
    stop: [
      ...sick.map(({ taskArn }) => ({ taskArn, why: "unhealthy" as const })),
      ...[...surplus, ...outdated].map(({ taskArn }) => ({ taskArn, why: "surplus" as const })),
    ],
    ...(inProgress && steady && live.length === desiredCount ? { outcome: "completed" } : {}),
  };
}

/** Failed tasks in a row at which the circuit breaker acts. */
export function failureThreshold(desiredCount: number): number {
  return Math.min(Math.max(Math.ceil(desiredCount / 2), 3), 200);
}

/** Milliseconds to wait before a task is started after so many failures in a row. */
export function backOff(failures: number): number {
  return failures <= 1 ? 0 : Math.min(1000 * 2 ** (failures - 2), 60_000);
}

/** Those first that are missed least. */
function inOrder(tasks: readonly TaskView[]): TaskView[] {
  const rank = ({ phase, health }: TaskView) => (phase === "starting" ? 0 : health === "healthy" ? 2 : 1);
  return [...tasks].sort((a, b) => rank(a) - rank(b));
}
