import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContainerDefinition } from "../../embedded/aws/ecs/taskDefinition.ts";
import { tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";
import { ends, Running } from "../unit/embeddedAws/runtime/running.ts";
import { container, definition, script } from "../unit/embeddedAws/runtime/world.ts";

const running = new Running();

beforeAll(async () => {
  await tinyImage();
  await running.runtime.start();
});

afterAll(() => running.remove());

const healthCheck = (test: string) => ({
  command: ["CMD-SHELL", test],
  interval: 1,
  timeout: 10,
  retries: 2,
  startPeriod: 0,
});
const dependent = (containerName: string, condition: ContainerDefinition["dependsOn"][number]["condition"]) => ({
  dependsOn: [{ containerName, condition }],
});
describe("a task", () => {
  it("starts its containers as they depend on one another, and tells of it in its log streams", async () => {
    const task = await running.toEnd(
      definition("order", [
        script("app", "echo app; exit 7", {
          dependsOn: [
            { containerName: "migrate", condition: "SUCCESS" },
            { containerName: "lint", condition: "COMPLETE" },
            { containerName: "db", condition: "HEALTHY" },
            { containerName: "agent", condition: "START" },
          ],
        }),
        script("migrate", "echo migrate", { essential: false, ...dependent("db", "HEALTHY") }),
        script("lint", "echo lint; exit 3", { essential: false }),
        script("db", "sleep 1; echo db; touch /tmp/ready; exec sleep 600", {
          healthCheck: healthCheck("cat /tmp/ready"),
        }),
        script("agent", "echo agent; exec sleep 600", { essential: false }),
      ]),
    );
    expect(task).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
    });
    expect(ends(task)).toEqual([
      ["app", 7, ""],
      ["migrate", 0, ""],
      ["lint", 3, ""],
      // Neither shell nor sleep has a handler for SIGTERM, and both are the first process of theirs.
      ["db", 137, ""],
      ["agent", 137, ""],
    ]);
    const lines = await running.logs();
    expect(lines.sort()).toEqual(["agent", "app", "db", "lint", "migrate"]);
    const at = async (name: string) => (await running.events(`app/${name}/`))[0]?.timestamp ?? 0;
    for (const order of [
      ["db", "migrate", "app"],
      ["lint", "app"],
    ]) {
      const times = await Promise.all(order.map(at));
      expect(times, `${order}`).toEqual(times.toSorted((a, b) => a - b));
    }
    const streams = await running.runtime.logs.streams("/test");
    expect(streams.map(({ logStreamName }) => logStreamName)).toContain(`app/db/${task.taskArn.split("/").at(-1)}`);
    expect(task.containers[0]?.networkInterfaces).toEqual([
      { attachmentId: expect.any(String), privateIpv4Address: "10.123.4.4" },
    ]);
  });

  it("runs with all its containers, shares their loopback, and stops in the opposite order when it is told to", async () => {
    const trap = (name: string) =>
      `trap 'echo stop ${name}; exit 0' TERM; echo start ${name}; while true; do sleep 0.1; done`;
    const task = await running.run(
      definition("stop", [
        script("front", trap("front"), { ...dependent("back", "START"), stopTimeout: 60 }),
        script("back", trap("back"), { user: "1000", stopTimeout: 60 }),
      ]),
    );
    await running.until(task, "RUNNING");
    await eventually(async () => {
      expect(await running.logs("app/front/")).toContain("start front");
      expect(await running.logs("app/back/")).toContain("start back");
    });
    const { front = "", back = "" } = await running.containers(task);
    const [one, other] = await Promise.all([front, back].map((id) => docker("exec", id, "cat", "/proc/net/dev")));
    expect(one?.split("\n")[0]).toBe(other?.split("\n")[0]);
    expect(await docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", front)).toBe(
      await docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", back),
    );
    expect(await docker("exec", back, "id", "-u")).toBe("1000");
    await running.runtime.stopTask(task.taskArn, "because");
    const stopped = await running.until(task, "STOPPED");
    expect(stopped).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "because", desiredStatus: "STOPPED" });
    expect(ends(stopped)).toEqual([
      ["front", 0, ""],
      ["back", 0, ""],
    ]);
    const stops = (await running.events()).filter(({ message }) => message.startsWith("stop "));
    expect(stops.map(({ message }) => message)).toEqual(["stop front", "stop back"]);
    expect((await running.left()).filter((name) => name.includes(task.taskArn.slice(-32, -20)))).toEqual([]);
  });

  it("ends when a dependency fails, with the agent's own words", async () => {
    const task = await running.toEnd(
      definition("failing", [
        container("app", dependent("migrate", "SUCCESS")),
        script("migrate", "exit 1", { essential: false }),
      ]),
    );
    const reason =
      "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [migrate] for target [app] as dependency did not exit successfully.";
    expect(task).toMatchObject({ stopCode: "TaskFailedToStart", stoppedReason: reason });
    expect(ends(task)).toEqual([
      ["app", 143, reason],
      ["migrate", 1, ""],
    ]);
  });

  it("waits for a dependency as long as its time-out says", async () => {
    const never = { healthCheck: healthCheck("false") };
    const task = await running.toEnd(
      definition("late", [
        container("app", dependent("db", "HEALTHY")),
        container("db", { ...never, startTimeout: 2, essential: false }),
      ]),
    );
    expect(task.stoppedReason).toBe(
      "CannotStartContainerError: dependency graph: container ordering dependency [db] for target [app] has timed out.",
    );
  });

  it("is unhealthy when an essential container is, and starts again what may", async () => {
    const restartPolicy = { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 0 };
    const task = await running.run(
      definition("health", [
        container("app", { healthCheck: healthCheck("false") }),
        script("again", "echo again; exit 1", { essential: false, restartPolicy }),
      ]),
    );
    await eventually(async () => expect(running.task(task).healthStatus).toBe("UNHEALTHY"));
    expect(running.task(task)).toMatchObject({
      lastStatus: "RUNNING",
      containers: [{ healthStatus: "UNHEALTHY" }, { healthStatus: "UNKNOWN" }],
    });
    await eventually(async () => expect((await running.logs("app/again/")).length).toBeGreaterThan(2));
    await running.runtime.stopTask(task.taskArn, "");
    await running.until(task, "STOPPED");
  });
});
