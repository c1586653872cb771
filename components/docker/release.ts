import { setTimeout as sleep } from "node:timers/promises";
import { type Deadline, ReleaseError, shownLines } from "../releaseError.ts";
import type { Engine } from "./engine.ts";
import { type Expected, hasEnded, type Verdict, verdictOf, type Wanted } from "./verdict.ts";

/** A container of the release that is being waited for. */
export interface Awaited extends Expected {
  readonly service: string;
  readonly containerId: string;
}

/** Wait until a container is what is wanted of it. @throws ReleaseError when it fails, or has not by the deadline */
export async function awaitContainer(
  engine: Engine,
  awaited: Awaited,
  wanted: Wanted,
  deadline: Deadline,
): Promise<void> {
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 500)) {
    const state = await engine.state(awaited.containerId);
    const verdict = verdictOf(state, wanted, awaited, Date.now());
    if (verdict.is === "reached") return;
    if (verdict.is === "failed" || Date.now() + pause > deadline.at) {
      throw await failureOf(engine, awaited, state.name, verdict);
    }
    await sleep(pause);
  }
}

/**
 * Start a container that had ended before this update began, stopped by somebody or with its machine: what the user asked for is
 * that it runs. Not one that came to its end by itself, as it may. @throws ReleaseError when it cannot be started
 */
export async function startAgain(engine: Engine, { service, containerId, mayEnd }: Awaited): Promise<void> {
  const state = await engine.state(containerId);
  if (state.status !== "exited" || (mayEnd && hasEnded(state))) return;
  try {
    await engine.start(containerId);
  } catch (failure) {
    const { name, error } = await engine.state(containerId);
    throw error === ""
      ? failure
      : new ReleaseError(`service "${service}" (container ${name}) could not be started: ${error}.`);
  }
}

async function failureOf(engine: Engine, awaited: Awaited, name: string, verdict: Verdict): Promise<ReleaseError> {
  const why =
    verdict.is === "failed"
      ? verdict.why
      : verdict.is === "pending"
        ? `timed out waiting for ${verdict.waitingFor}`
        : "";
  const printed = await engine.logs(awaited.containerId, shownLines).catch(() => "");
  return new ReleaseError(`service "${awaited.service}" (container ${name}) ${why}.`, printed);
}
