/**
 * In which order the containers of a task start and stop: a pure function of what each of them is at the moment, as the ECS
 * agent decides it (agent/engine/dependencygraph).
 */
import type { ContainerDefinition, Dependency } from "../../ecs/taskDefinition.ts";

/** How far a container is. */
export interface Progress {
  readonly phase: "waiting" | "starting" | "running" | "stopping" | "stopped";
  /** Milliseconds since 1970; absent where it never ran. */
  readonly startedAt?: number;
  readonly exitCode?: number;
  readonly health: "HEALTHY" | "UNHEALTHY" | "UNKNOWN";
}

export type Step =
  | { readonly kind: "start" | "stop"; readonly container: string }
  /** It will never start. */
  | { readonly kind: "giveUp"; readonly container: string; readonly reason?: string };

export interface Plan {
  readonly steps: readonly Step[];
  /** Milliseconds since 1970 when to ask again, though nothing may have happened. */
  readonly again?: number;
}

/** As docker reports a container that SIGTERM has ended; ECS gives it to those that never started. */
export const neverStarted = 143;

/** What to do next with a task's containers. */
export function nextSteps(
  definitions: readonly ContainerDefinition[],
  progress: ReadonlyMap<string, Progress>,
  desired: "RUNNING" | "STOPPED",
  now: number,
): Plan {
  return desired === "RUNNING" ? startSteps(definitions, progress, now) : stopSteps(definitions, progress);
}

/** The essential container that has ended the task, if one has. */
export function endedBy(
  definitions: readonly ContainerDefinition[],
  progress: ReadonlyMap<string, Progress>,
): string | undefined {
  return definitions.find(({ name, essential }) => essential && progress.get(name)?.phase === "stopped")?.name;
}

/**
 * Whether a container that has ended by itself runs again within its task.
 * @param seconds that it has run; below 0 where it was so quick that the engine noted its start after its end
 */
export function restarts({ restartPolicy }: ContainerDefinition, exitCode: number, seconds: number): boolean {
  if (!restartPolicy?.enabled) return false;
  return (
    !restartPolicy.ignoredExitCodes.includes(exitCode) && Math.max(seconds, 0) >= restartPolicy.restartAttemptPeriod
  );
}

/** What a container waits for: links and shared volumes count as a dependency on the start. */
function dependencies({ dependsOn, links, volumesFrom }: ContainerDefinition): Dependency[] {
  const started = [
    ...links.map((link) => link.split(":", 1)[0] ?? ""),
    ...volumesFrom.map(({ sourceContainer }) => sourceContainer),
  ];
  return [...dependsOn, ...started.map((containerName) => ({ containerName, condition: "START" as const }))];
}

function startSteps(
  definitions: readonly ContainerDefinition[],
  progress: ReadonlyMap<string, Progress>,
  now: number,
): Plan {
  const steps: Step[] = [];
  const deadlines: number[] = [];
  for (const definition of definitions) {
    if (progress.get(definition.name)?.phase !== "waiting") continue;
    const verdicts = dependencies(definition).map((dependency) =>
      judge(
        definition.name,
        dependency,
        definitions.find(({ name }) => name === dependency.containerName),
        progress.get(dependency.containerName),
        now,
      ),
    );
    const never = verdicts.find((verdict) => verdict.kind === "never");
    if (never !== undefined) {
      steps.push({ kind: "giveUp", container: definition.name, reason: `dependency graph: ${never.reason}` });
    } else if (verdicts.every(({ kind }) => kind === "resolved")) {
      steps.push({ kind: "start", container: definition.name });
    } else {
      deadlines.push(...verdicts.flatMap((verdict) => (verdict.kind === "wait" ? (verdict.until ?? []) : [])));
    }
  }
  return { steps, ...(deadlines.length > 0 ? { again: Math.min(...deadlines) } : {}) };
}

type Verdict =
  | { readonly kind: "resolved" }
  | { readonly kind: "wait"; readonly until?: number }
  | { readonly kind: "never"; readonly reason: string };

function judge(
  target: string,
  { containerName, condition }: Dependency,
  on: ContainerDefinition | undefined,
  state: Progress | undefined,
  now: number,
): Verdict {
  const dependency = `container ordering dependency [${containerName}] for target [${target}]`;
  if (on === undefined || state === undefined) return { kind: "never", reason: `${dependency} does not exist.` };
  const { phase, startedAt, exitCode, health } = state;
  if (phase === "stopped") {
    if (startedAt === undefined) {
      return { kind: "never", reason: `failed to resolve ${dependency} because dependency will never start` };
    }
    if (condition === "START" || condition === "COMPLETE") return { kind: "resolved" };
    if (condition === "HEALTHY") return { kind: "wait" };
    return exitCode === 0
      ? { kind: "resolved" }
      : { kind: "never", reason: `failed to resolve ${dependency} as dependency did not exit successfully.` };
  }
  if (phase !== "running" || startedAt === undefined) return { kind: "wait" };
  if (condition === "START" || (condition === "HEALTHY" && health === "HEALTHY")) return { kind: "resolved" };
  if (!on.startTimeout) return { kind: "wait" };
  const until = startedAt + on.startTimeout * 1000;
  return now < until ? { kind: "wait", until } : { kind: "never", reason: `${dependency} has timed out.` };
}

/** A container stops when all that depend on it have. */
function stopSteps(definitions: readonly ContainerDefinition[], progress: ReadonlyMap<string, Progress>): Plan {
  const steps = definitions.flatMap((definition): Step[] => {
    const { name } = definition;
    const phase = progress.get(name)?.phase;
    if (phase === "waiting") return [{ kind: "giveUp", container: name }];
    if (phase !== "running") return [];
    const held = definitions.some((other) => {
      const depends = dependencies(other).some(({ containerName }) => containerName === name);
      return depends && ["starting", "running", "stopping"].includes(progress.get(other.name)?.phase ?? "");
    });
    return held ? [] : [{ kind: "stop", container: name }];
  });
  return { steps };
}
