import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  backOff,
  type DeploymentView,
  decide,
  failureThreshold,
  type TaskView,
} from "../../../../embedded/aws/runtime/services/plan.ts";

const now = 1_000_000;
const wanted = {
  desiredCount: 2,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  circuitBreaker: { enable: true, rollback: true },
};
const deployment = (id: string, changes: Partial<DeploymentView> = {}): DeploymentView => ({
  id,
  rolloutState: "IN_PROGRESS",
  failedTasks: 0,
  notBefore: 0,
  ...changes,
});

/** Tasks from words such as `new:running:healthy`. */
function tasks(...words: string[]): TaskView[] {
  return words.map((word, index) => {
    const [of = "", phase = "running", health = "healthy"] = word.split(":");
    return { taskArn: `${of}${index}`, deployment: of, phase, health } as TaskView;
  });
}

const old = deployment("old", { rolloutState: "COMPLETED" });
const brief = ({ start, stop, outcome }: ReturnType<typeof decide>) =>
  `start ${start}, stop ${stop.map(({ taskArn, why }) => `${taskArn}(${why})`).join(" ") || "none"}${outcome ? `, ${outcome}` : ""}`;

describe("the service scheduler", () => {
  it.each([
    ["starts what is missing", {}, [deployment("new")], [], "start 2, stop none"],
    [
      "waits while they start",
      {},
      [deployment("new")],
      ["new:starting:unknown", "new:running:unknown"],
      "start 0, stop none",
    ],
    ["is steady when all are healthy", {}, [deployment("new")], ["new", "new"], "start 0, stop none, completed"],
    ["starts the new ones beside the old", {}, [deployment("new"), old], ["old", "old"], "start 2, stop none"],
    [
      "stops an old one for each new one that is healthy",
      {},
      [deployment("new"), old],
      ["old", "old", "new", "new:running:unknown"],
      "start 0, stop old0(surplus)",
    ],
    [
      "counts tasks that are stopping against the maximum",
      {},
      [deployment("new"), old],
      ["old:stopping", "old:stopping", "new"],
      "start 1, stop none",
    ],
    [
      "stops first where there is no room",
      { minimumHealthyPercent: 0, maximumPercent: 100 },
      [deployment("new"), old],
      ["old", "old"],
      "start 0, stop old0(surplus) old1(surplus)",
    ],
    [
      "starts no successor before the one before it is gone",
      { desiredCount: 1, minimumHealthyPercent: 0, maximumPercent: 100 },
      [deployment("new"), old],
      ["old:stopping"],
      "start 0, stop none",
    ],
    [
      "rounds the minimum up and the maximum down",
      { desiredCount: 3, minimumHealthyPercent: 50, maximumPercent: 150 },
      [deployment("new"), old],
      ["old", "old", "old"],
      "start 1, stop old0(surplus)",
    ],
    [
      "is stuck where neither is allowed",
      { maximumPercent: 100 },
      [deployment("new"), old],
      ["old", "old"],
      "start 0, stop none",
    ],
    [
      "stops old ones that serve nobody at once",
      {},
      [deployment("new"), old],
      ["old:running:unhealthy", "old", "old:starting:unknown"],
      "start 1, stop old0(unhealthy) old2(surplus)",
    ],
    [
      "stops new ones that are not healthy",
      {},
      [deployment("new"), old],
      ["old", "old", "new:running:unhealthy"],
      "start 1, stop new2(unhealthy)",
    ],
    [
      "replaces one of a steady service before it stops it",
      {},
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new", "new:running:unhealthy"],
      "start 1, stop none",
    ],
    [
      "and not while the replacement is not healthy yet",
      {},
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new", "new:running:unhealthy", "new:running:unknown"],
      "start 0, stop none",
    ],
    [
      "nor where there would be room for one only",
      { desiredCount: 1 },
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new:running:unhealthy", "new:starting:unknown"],
      "start 0, stop none",
    ],
    [
      "but where there is no room for a replacement",
      { desiredCount: 1, maximumPercent: 100, minimumHealthyPercent: 0 },
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new:running:unhealthy"],
      "start 0, stop new0(unhealthy)",
    ],
    [
      "and stops it when the replacement is there",
      {},
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new", "new:running:unhealthy", "new"],
      "start 0, stop new1(unhealthy)",
    ],
    [
      "stops what is too much, those first that are missed least",
      { desiredCount: 1 },
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new", "new:running:unknown", "new:starting:unknown"],
      "start 0, stop new2(surplus) new1(surplus)",
    ],
    [
      "stops all when none is wanted",
      { desiredCount: 0 },
      [deployment("new", { rolloutState: "COMPLETED" })],
      ["new"],
      "start 0, stop new0(surplus)",
    ],
    ["waits after failures", {}, [deployment("new", { notBefore: now + 1 })], [], "start 0, stop none"],
    [
      "acts at the third failure",
      {},
      [deployment("new", { failedTasks: 3 }), old],
      ["old", "old"],
      "start 0, stop none, failed",
    ],
    [
      "not without a circuit breaker",
      { circuitBreaker: { enable: false, rollback: false } },
      [deployment("new", { failedTasks: 9 }), old],
      ["old", "old"],
      "start 2, stop none",
    ],
    [
      "not once the deployment has completed",
      {},
      [deployment("new", { rolloutState: "COMPLETED", failedTasks: 9 })],
      ["new"],
      "start 1, stop none",
    ],
    [
      "starts nothing of a failed deployment, and leaves the old tasks alone",
      {},
      [deployment("new", { rolloutState: "FAILED" }), old],
      ["old", "new:starting:unknown"],
      "start 0, stop none",
    ],
  ] as const)("%s", (_, changes, deployments, words, expected) => {
    expect(brief(decide({ ...wanted, ...changes }, deployments, tasks(...words), now))).toBe(expected);
  });

  it("acts at half of the desired count, at three at least and at 200 at most", () => {
    expect([0, 1, 6, 7, 25, 400, 1000].map(failureThreshold)).toEqual([3, 3, 3, 4, 13, 200, 200]);
  });

  it("waits longer after each failure, a minute at most", () => {
    expect([0, 1, 2, 3, 4, 5, 20].map(backOff)).toEqual([0, 0, 1000, 2000, 4000, 8000, 60_000]);
  });

  it("never has too few healthy ones or too many in all, and always ends", () => {
    const percents = fc.constantFrom([100, 200], [50, 150], [50, 100], [0, 100], [100, 134]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        percents,
        fc.infiniteStream(fc.boolean()),
        (count, [min = 0, max = 0], coin) => {
          const rule = { ...wanted, desiredCount: count, minimumHealthyPercent: min, maximumPercent: max };
          const possible = Math.floor((count * max) / 100) > count || Math.ceil((count * min) / 100) < count;
          fc.pre(possible);
          let all = tasks(...Array.from({ length: count }, () => "old"));
          let serial = 0;
          for (let round = 0; round < 200; round++) {
            const { start, stop, outcome } = decide(rule, [deployment("new"), old], all, now);
            if (outcome === "completed") {
              expect(all.filter(({ phase }) => phase === "running").every((task) => task.deployment === "new")).toBe(
                true,
              );
              return;
            }
            all = all.map((task) =>
              stop.some(({ taskArn }) => taskArn === task.taskArn) ? { ...task, phase: "stopping" } : task,
            );
            all.push(
              ...tasks(...Array.from({ length: start }, () => "new:starting:unknown")).map((task) => ({
                ...task,
                taskArn: `n${serial++}`,
              })),
            );
            expect(all.length).toBeLessThanOrEqual(Math.floor((count * max) / 100));
            const healthy = all.filter(({ phase, health }) => phase !== "stopping" && health === "healthy").length;
            expect(healthy).toBeGreaterThanOrEqual(Math.ceil((count * min) / 100));
            // Time passes: some go on, some do not yet.
            all = all.flatMap((task): TaskView[] => {
              if (coin.next().value) return [task];
              if (task.phase === "stopping") return [];
              if (task.phase === "starting") return [{ ...task, phase: "running" }];
              return [{ ...task, health: "healthy" }];
            });
          }
          expect.fail("it never ends");
        },
      ),
    );
  });
});
