import { describe, expect, it } from "vitest";
import type { ContainerState } from "../../../components/docker/engine.ts";
import { type Verdict, verdictOf, type Wanted } from "../../../components/docker/verdict.ts";
import { running as anyRunning } from "../../support/containerState.ts";

const now = 1_000_000;
const running: ContainerState = { ...anyRunning, startedAt: now - 1000 };
const exited = { ...running, status: "exited" };

describe("verdictOf", () => {
  it.each<[string, Partial<ContainerState> & { mayEnd?: boolean }, Wanted, boolean, Verdict]>([
    ["a job still at work", {}, "completed", false, { is: "pending", waitingFor: "it to complete" }],
    ["a job that is done", exited, "completed", false, { is: "reached" }],
    ["a job that failed", { ...exited, exitCode: 3 }, "completed", false, { is: "failed", why: "exited with code 3" }],
    ["a container that runs", {}, "started", false, { is: "reached" }],
    ["one that was started and is done", exited, "started", false, { is: "reached" }],
    [
      "one not yet started",
      { status: "created", startedAt: Number.NaN },
      "started",
      true,
      { is: "pending", waitingFor: "it to start" },
    ],
    [
      "a check that has not passed yet",
      { health: "starting" },
      "healthy",
      true,
      { is: "pending", waitingFor: "its health check" },
    ],
    ["a check that passed", { health: "healthy" }, "released", true, { is: "reached" }],
    [
      "a check that failed",
      { health: "unhealthy", lastCheck: "connection refused" },
      "released",
      true,
      { is: "failed", why: "is unhealthy: connection refused" },
    ],
    [
      "a condition without a check",
      {},
      "healthy",
      true,
      {
        is: "failed",
        why: "has no health check, which depends_on: service_healthy asks for. Give it one, or depend on service_started",
      },
    ],
    ["no check, not long enough", {}, "released", true, { is: "pending", waitingFor: "it to have run for 5 s" }],
    ["no check, long enough", { startedAt: now - 5000 }, "released", true, { is: "reached" }],
    [
      "a crash without restarts",
      { ...exited, exitCode: 1 },
      "released",
      false,
      { is: "failed", why: "exited with code 1" },
    ],
    [
      "a crash between restarts",
      { ...exited, exitCode: 1 },
      "released",
      true,
      { is: "pending", waitingFor: "it to start" },
    ],
    [
      "a crash loop",
      { status: "restarting", exitCode: 1, restarts: 3 },
      "healthy",
      true,
      { is: "failed", why: "was restarted 3 times; last it exited with code 1" },
    ],
    [
      "a command that is not there",
      { ...exited, exitCode: 127, error: "exec: no such file" },
      "released",
      false,
      { is: "failed", why: "could not be started: exec: no such file" },
    ],
    ["the end of what serves nothing", { ...exited, mayEnd: true }, "released", false, { is: "reached" }],
    ["the end of a server", exited, "released", false, { is: "failed", why: "exited with code 0" }],
    [
      "the failure of what serves nothing",
      { ...exited, exitCode: 2, mayEnd: true },
      "released",
      false,
      { is: "failed", why: "exited with code 2" },
    ],
    [
      "too little memory",
      { ...exited, exitCode: 137, oomKilled: true },
      "completed",
      false,
      { is: "failed", why: "ran out of memory (exit code 137)" },
    ],
  ])("judges %s", (_, { mayEnd = false, ...state }, wanted, restarts, verdict) => {
    expect(verdictOf({ ...running, ...state }, wanted, { restarts, mayEnd }, now)).toEqual(verdict);
  });
});
