import type { Condition } from "../../compose/model.ts";
import type { ContainerState } from "./engine.ts";

/** What is asked of a container: a `depends_on` condition, or that it has been released. */
export type Wanted = Condition | "released";

/** Whether a container is what is wanted of it: yes, not yet (and what it waits for), or it never will be (and why). */
export type Verdict =
  | { readonly is: "reached" }
  | { readonly is: "pending"; readonly waitingFor: string }
  | { readonly is: "failed"; readonly why: string };

/** Restarts after which a container is taken to be crashing, and no longer to be waiting for another. */
const restartsAllowed = 3;

/** Seconds for which a service without a health check must run to count as released. */
const settledAfter = 5;

const reached: Verdict = { is: "reached" };
const pending = (waitingFor: string): Verdict => ({ is: "pending", waitingFor });
const failed = (why: string): Verdict => ({ is: "failed", why });

/** What is known of a service beside the state of its container. */
export interface Expected {
  /** Whether the engine starts the container again when it stops. */
  readonly restarts: boolean;
  /** Whether it may come to an end by itself: it serves nothing, and is not checked. */
  readonly mayEnd: boolean;
}

/** @param now milliseconds since the epoch */
export function verdictOf(state: ContainerState, wanted: Wanted, { restarts, mayEnd }: Expected, now: number): Verdict {
  const stopped = state.status === "exited" || state.status === "dead";
  if (wanted === "completed") {
    if (!stopped) return pending("it to complete");
    return state.exitCode === 0 ? reached : failed(stoppedBecause(state));
  }
  if (wanted === "started") {
    return state.startedAt > 0 ? reached : pending("it to start");
  }
  if (stopped && mayEnd && hasEnded(state)) return reached;
  if (stopped && !restarts) return failed(stoppedBecause(state));
  if (state.restarts >= restartsAllowed)
    return failed(`was restarted ${state.restarts} times; last it ${stoppedBecause(state)}`);
  if (state.status !== "running") return pending("it to start");
  if (state.health === "unhealthy")
    return failed(`is unhealthy: ${state.lastCheck || "its health check says nothing"}`);
  if (state.health !== undefined) return state.health === "healthy" ? reached : pending("its health check");
  if (wanted === "healthy") {
    return failed(
      "has no health check, which depends_on: service_healthy asks for. Give it one, or depend on service_started",
    );
  }
  return now - state.startedAt >= settledAfter * 1000 ? reached : pending(`it to have run for ${settledAfter} s`);
}

/** Whether it did what it had to do and came to its end. */
export function hasEnded({ status, exitCode, error }: ContainerState): boolean {
  return status === "exited" && exitCode === 0 && error === "";
}

function stoppedBecause({ error, oomKilled, exitCode }: ContainerState): string {
  if (error !== "") return `could not be started: ${error}`;
  return oomKilled ? `ran out of memory (exit code ${exitCode})` : `exited with code ${exitCode}`;
}
