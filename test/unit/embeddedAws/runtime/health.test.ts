import { describe, expect, it } from "vitest";
import { choose, weighted } from "../../../../embedded/aws/runtime/balancing/choose.ts";
import {
  type Finding,
  failed,
  type Health,
  initial,
  judged,
  matches,
  mismatch,
} from "../../../../embedded/aws/runtime/balancing/health.ts";
import { Rate, Traffic } from "../../../../embedded/aws/runtime/balancing/traffic.ts";
import { viewOf } from "../../../../embedded/aws/runtime/services/taskHealth.ts";
import type { TaskRecord } from "../../../../embedded/aws/runtime/tasks/record.ts";
import { container, definition } from "./world.ts";

const thresholds = { healthyThreshold: 3, unhealthyThreshold: 2 };
/** States after each check. */
const states = (...findings: Finding[]) => {
  let health: Health = initial;
  return findings.map((finding) => {
    health = judged(health, finding, thresholds);
    return health.state;
  });
};
const ok: Finding = { ok: true };

describe("a target's health", () => {
  it("begins with the first success, and changes by the thresholds", () => {
    expect(states(ok)).toEqual(["healthy"]);
    expect(states(failed, ok)).toEqual(["initial", "healthy"]);
    expect(states(failed, failed)).toEqual(["initial", "unhealthy"]);
    expect(states(ok, failed, ok, failed, failed)).toEqual(["healthy", "healthy", "healthy", "healthy", "unhealthy"]);
    expect(states(failed, failed, ok, ok, failed, ok, ok, ok)).toEqual([
      "initial",
      "unhealthy",
      "unhealthy",
      "unhealthy",
      "unhealthy",
      "unhealthy",
      "unhealthy",
      "healthy",
    ]);
  });

  it("says why it is bad, and nothing once it is good", () => {
    const bad = [mismatch(502), mismatch(503)].reduce(
      (health, finding) => judged(health, finding, thresholds),
      initial,
    );
    expect(bad).toMatchObject({
      reason: "Target.ResponseCodeMismatch",
      description: "Health checks failed with these codes: [503]",
    });
    expect(judged(initial, ok, thresholds)).toEqual({ state: "healthy", against: 0 });
  });

  it("compares codes with the matcher", () => {
    expect(["200", "200-299", "200,302", "100-199, 250"].map((matcher) => matches(matcher, 250))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe("the choice of a target", () => {
  const candidates = [3, 1, 1].map((count, name) => ({ name, traffic: { count } }));
  const names = (algorithm: "round_robin" | "least_outstanding_requests") =>
    [0, 1, 2, 3].map((turn) => choose(candidates, algorithm, turn)?.name);

  it("takes turns, or the one with the least to do", () => {
    expect(names("round_robin")).toEqual([0, 1, 2, 0]);
    expect(names("least_outstanding_requests")).toEqual([1, 2, 1, 2]);
    expect(choose([], "round_robin", 3)).toBeUndefined();
  });

  it("weighs target groups", () => {
    const groups = [
      { name: "a", weight: 1 },
      { name: "b", weight: 0 },
      { name: "c", weight: 3 },
    ];
    expect([0, 0.24, 0.25, 0.99].map((chance) => weighted(groups, chance)?.name)).toEqual(["a", "a", "c", "c"]);
    expect(weighted([{ weight: 0 }], 0)).toBeUndefined();
  });
});

describe("what is under way", () => {
  it("counts the requests of the last seconds, a minute at most", () => {
    const rate = new Rate();
    for (const second of [0, 1, 30, 59, 61]) rate.add(second * 1000);
    expect([59, 61, 89, 200].map((second) => rate.within(60, second * 1000))).toEqual([4, 3, 3, 0]);
    expect([1, 3, 40].map((seconds) => rate.within(seconds, 61_000))).toEqual([1, 2, 3]);
  });

  it("is quiet when nothing moves, though connections are open", async () => {
    const traffic = new Traffic();
    let [bytes, moved] = [0, Date.now()];
    const timer = setInterval(() => {
      [bytes, moved] = [bytes + 1, Date.now()];
    }, 20);
    setTimeout(() => clearInterval(timer), 400);
    const over = traffic.enter({ cut: () => undefined, bytes: () => bytes });
    const begun = Date.now();
    await traffic.quiet(50_000);
    expect(Date.now() - moved).toBeGreaterThanOrEqual(300);
    expect(Date.now() - begun).toBeLessThan(50_000);
    over();
    await traffic.ended(50_000);
  });
});

describe("a connection on which somebody waits for an answer", () => {
  it("is not quiet, however long the answer takes", async () => {
    const traffic = new Traffic();
    let asked = true;
    setTimeout(() => {
      asked = false;
    }, 600);
    traffic.enter({ cut: () => undefined, bytes: () => 10, asked: () => asked });
    const begun = Date.now();
    await traffic.quiet(50_000);
    expect(asked).toBe(false);
    expect(Date.now() - begun).toBeLessThan(50_000);
    // As long as it is given time, and no longer.
    asked = true;
    await traffic.quiet(400);
  });
});

describe("what the scheduler makes of a task", () => {
  const checked = definition("a", [
    container("web", {
      healthCheck: { command: ["CMD", "true"], interval: 5, timeout: 2, retries: 1, startPeriod: 0 },
    }),
  ]);
  const plain = definition("a", [container("web")]);
  const task = {
    taskArn: "t",
    startedBy: "d",
    desiredStatus: "RUNNING",
    lastStatus: "RUNNING",
    healthStatus: "UNKNOWN",
    startedAt: 100,
  };
  const view = (changes: object, sources: Partial<Parameters<typeof viewOf>[1]> = {}) => {
    const { phase, health, reason } = viewOf({ task: { ...task, ...changes } } as unknown as TaskRecord, {
      definition: plain,
      targets: [],
      grace: 0,
      now: 200,
      ...sources,
    });
    return [phase, health, ...(reason ? [reason] : [])].join(" ");
  };
  const target = (state: "initial" | "healthy" | "unhealthy" | undefined) => ({ targetGroupArn: "tg", state });

  it.each([
    ["running for a while without any check", {}, {}, "running healthy"],
    ["running for a moment", {}, { now: 102 }, "running unknown"],
    ["not running yet", { lastStatus: "PENDING" }, {}, "starting unknown"],
    ["about to end", { desiredStatus: "STOPPED" }, {}, "stopping unknown"],
    ["checked, but not yet healthy", {}, { definition: checked }, "running unknown"],
    [
      "healthy by its check, at once",
      { healthStatus: "HEALTHY" },
      { definition: checked, now: 101 },
      "running healthy",
    ],
    [
      "unhealthy by its check",
      { healthStatus: "UNHEALTHY" },
      { definition: checked },
      "running unhealthy Task failed container health checks",
    ],
    [
      "unhealthy within the grace period",
      { healthStatus: "UNHEALTHY" },
      { definition: checked, grace: 150 },
      "running unknown Task failed container health checks",
    ],
    ["not registered yet", {}, { targets: [target(undefined)] }, "running unknown"],
    ["a target that is being looked at", {}, { targets: [target("initial")] }, "running unknown"],
    ["a healthy target, at once", {}, { targets: [target("healthy")], now: 101 }, "running healthy"],
    [
      "one of two targets unhealthy",
      {},
      { targets: [target("healthy"), target("unhealthy")] },
      "running unhealthy Task failed ELB health checks in (target-group tg)",
    ],
  ] as const)("%s", (_, changes, sources, expected) => {
    expect(view(changes, sources)).toBe(expected);
  });
});
