import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EcsApi } from "../../../components/aws/ecsApi.ts";
import { awaitRollout, runJob } from "../../../components/aws/release.ts";
import { ReleaseError } from "../../../components/releaseError.ts";
import { type Answers, type Asked, ecsServer } from "./ecsServer.ts";

const cluster = "arn:aws:ecs:eu-central-1:123456789012:cluster/shop";
const serviceArn = "arn:aws:ecs:eu-central-1:123456789012:service/shop/web";
const definition = (revision: number) =>
  `arn:aws:ecs:eu-central-1:123456789012:task-definition/shop-dev-web:${revision}`;
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

const deployment = (revision: number, rolloutState: string, more: object = {}) => ({
  status: "PRIMARY",
  taskDefinition: definition(revision),
  rolloutState,
  desiredCount: 1,
  runningCount: rolloutState === "COMPLETED" ? 1 : 0,
  ...more,
});
const service = (deployments: object[], more: object = {}) => ({
  services: [{ serviceArn, status: "ACTIVE", deployments, ...more }],
});
const task = (id: string, lastStatus: string, container: object, more: object = {}) => ({
  taskArn: `arn:aws:ecs:eu-central-1:123456789012:task/shop/${id}`,
  taskDefinitionArn: definition(2),
  lastStatus,
  containers: [{ name: "web", lastStatus, ...container }],
  ...more,
});

/** Tasks by what ECS wants of them, as ListTasks tells. */
function tasksOf(tasks: (times: number) => Readonly<Record<string, readonly { readonly taskArn: string }[]>>): Answers {
  let asked = 0;
  return {
    ListTasks: ({ desiredStatus }) => ({
      taskArns: (tasks(asked++)[String(desiredStatus)] ?? []).map(({ taskArn }) => taskArn),
    }),
    DescribeTasks: ({ tasks: arns }) => ({
      tasks: Object.values(tasks(asked))
        .flat()
        .filter(({ taskArn }) => (arns as string[]).includes(taskArn)),
    }),
  };
}

const logs: Answers = {
  DescribeTaskDefinition: () => ({
    taskDefinition: {
      containerDefinitions: [
        {
          name: "web",
          logConfiguration: {
            logDriver: "awslogs",
            options: { "awslogs-group": "/retrofit/shop-dev/web", "awslogs-stream-prefix": "task" },
          },
        },
      ],
    },
  }),
  GetLogEvents: ({ logGroupName, logStreamName }) => ({
    events: [{ message: `last of ${logGroupName} ${logStreamName}\n` }, { message: "boom" }],
  }),
};

let close = () => {};
const told: string[] = [];
beforeEach(() => {
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
  told.length = 0;
});
afterEach(() => {
  delete process.env.AWS_ENDPOINT_URL;
  vi.useRealTimers();
  close();
});

async function api(answers: Answers): Promise<{ api: EcsApi; asked: Asked[] }> {
  const server = await ecsServer(answers);
  close = server.close;
  process.env.AWS_ENDPOINT_URL = server.url;
  return { api: new EcsApi("eu-central-1", cluster), asked: server.asked };
}

const waiting = (seconds = 60) => ({
  deadline: { at: Date.now() + seconds * 1000 },
  tell: (stage: string) => void told.push(stage),
  pause: async () => {},
});
/** With a clock that goes on in pauses alone. */
const ticking = (seconds: number) => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const pause = async (paused: number) => vi.setSystemTime(Date.now() + paused * 1000);
  return { ...waiting(seconds), pause };
};
const unavailable = { __type: "ServerException", message: "Service Unavailable. Please try again later." };
const web = { name: "web", container: "web", serviceName: "web", taskDefinition: definition(2) };
const operations = (asked: readonly Asked[]) => asked.map(({ operation }) => operation);

async function failure(waited: Promise<void>): Promise<ReleaseError> {
  return waited.then(
    () => expect.fail("it came up"),
    (error) => {
      expect(error).toBeInstanceOf(ReleaseError);
      return error;
    },
  );
}

// By AWS's own SDK against a server that speaks its protocol. That AWS itself answers so is taken from its documentation.
describe("awaitRollout", () => {
  it("waits until the one deployment is complete, and its tasks run what was asked for", async () => {
    const { api: ecs, asked } = await api({
      DescribeServices: (_, times) =>
        service([deployment(2, times < 3 ? "IN_PROGRESS" : "COMPLETED", { failedTasks: times - 1 })]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", { imageDigest: digest("a") })] })),
    });
    await awaitRollout(ecs, { ...web, digests: { web: digest("a") } }, waiting());
    expect(told).toEqual([
      "Service web waits for 0 of 1 tasks to run",
      "Service web waits for 0 of 1 tasks to run, 1 failed",
    ]);
    expect(asked.find(({ operation }) => operation === "DescribeServices")?.input).toEqual({
      cluster,
      services: ["web"],
      include: ["TAGS"],
    });
  });

  it("waits for the tasks that a service was scaled to", async () => {
    const { api: ecs } = await api({
      DescribeServices: (_, times) =>
        service([deployment(2, "COMPLETED", { desiredCount: 3, runningCount: times + 1 })]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", {})] })),
    });
    await awaitRollout(ecs, { ...web, digests: {} }, waiting());
    expect(told).toEqual(["Service web waits for 2 of 3 tasks to run"]);
  });

  it("tells of a release that ECS took back, with the reason, the exit code and the last lines", async () => {
    const stopped = task("2", "STOPPED", { exitCode: 3 }, { stoppedReason: "Essential container in task exited" });
    // ECS had started one more when it gave up, and stopped it.
    const surplus = task("3", "STOPPED", {}, { stoppedReason: "Scaling activity initiated by (deployment ecs-svc/2)" });
    const { api: ecs } = await api({
      ...logs,
      DescribeServices: () =>
        service([
          deployment(2, "FAILED", { status: "ACTIVE", rolloutStateReason: "tasks failed to start." }),
          deployment(1, "IN_PROGRESS"),
        ]),
      ...tasksOf(() => ({
        STOPPED: [
          { ...stopped, stoppedAt: 2 },
          { ...surplus, stoppedAt: 3 },
        ],
      })),
    });
    const error = await failure(awaitRollout(ecs, { ...web, digests: {} }, waiting()));
    expect(error.message).toBe(
      'service "web" was taken back to shop-dev-web:1: tasks failed to start: Essential container in task exited; container web exited with code 3.',
    );
    expect(error.printed).toBe("last of /retrofit/shop-dev/web task/web/2\nboom");
  });

  it("tells what ECS says of a service that starts no task", async () => {
    const events = [{ message: "(service web) was unable to place a task." }, { message: "older" }];
    const { api: ecs } = await api({
      DescribeServices: (_, times) =>
        service(
          [deployment(2, times === 0 ? "IN_PROGRESS" : "FAILED", { rolloutStateReason: "tasks failed to start." })],
          {
            events,
          },
        ),
      ...tasksOf(() => ({})),
    });
    const error = await failure(awaitRollout(ecs, { ...web, digests: {} }, waiting()));
    expect(error.message).toBe(
      'service "web" did not come up: tasks failed to start: (service web) was unable to place a task.',
    );
  });

  it("has ECS try again what failed in an earlier update, with nothing to go back to", async () => {
    let again = false;
    const { api: ecs, asked } = await api({
      UpdateService: () => {
        again = true;
        return {};
      },
      // What it is asked right after, it may answer as before.
      DescribeServices: (_, times) =>
        service([
          times < 3 || !again
            ? deployment(2, "FAILED", { id: "ecs-svc/1", rolloutStateReason: "tasks failed to start." })
            : deployment(2, times < 4 ? "IN_PROGRESS" : "COMPLETED", { id: "ecs-svc/2" }),
        ]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", {})] })),
    });
    await awaitRollout(ecs, { ...web, digests: {} }, waiting());
    expect(asked.filter(({ operation }) => operation === "UpdateService").map(({ input }) => input)).toEqual([
      { cluster, service: "web", forceNewDeployment: true },
    ]);
  });

  it("does not take a tag that moved for the image that was asked for", async () => {
    const { api: ecs } = await api({
      DescribeServices: () => service([deployment(2, "COMPLETED")]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", { imageDigest: digest("b") })] })),
    });
    const error = await failure(awaitRollout(ecs, { ...web, digests: { web: digest("a") } }, waiting()));
    expect(error.message).toBe(
      `service "web" runs ${digest("b")} in container web, where ${digest("a")} was asked for.`,
    );
  });

  it("gives up in the end", async () => {
    const { api: ecs } = await api({
      DescribeServices: () => service([deployment(2, "IN_PROGRESS")]),
      ...tasksOf(() => ({})),
    });
    const error = await failure(awaitRollout(ecs, { ...web, digests: {} }, waiting(0)));
    expect(error.message).toBe('service "web" timed out waiting for 0 of 1 tasks to run.');
  });

  it("says what AWS refuses in its own words, at once", async () => {
    const { api: ecs, asked } = await api({
      DescribeServices: (_, times) =>
        times === 0
          ? service([deployment(2, "IN_PROGRESS")])
          : { __type: "AccessDeniedException", message: "not authorized to ecs:DescribeServices" },
      ...tasksOf(() => ({})),
    });
    await expect(awaitRollout(ecs, { ...web, digests: {} }, waiting())).rejects.toThrow(
      "not authorized to ecs:DescribeServices",
    );
    expect(operations(asked).filter((operation) => operation === "DescribeServices")).toHaveLength(2);
  });

  it("asks again what has no answer", async () => {
    const { api: ecs } = await api({
      DescribeServices: (_, times) =>
        times % 2 === 1 ? unavailable : service([deployment(2, times < 80 ? "IN_PROGRESS" : "COMPLETED")]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", {})] })),
    });
    await awaitRollout(ecs, { ...web, digests: {} }, ticking(900));
    expect(new Set(told)).toEqual(
      new Set([
        "Service web waits for ECS to answer: Service Unavailable. Please try again later.",
        "Service web waits for 0 of 1 tasks to run",
      ]),
    );
  });

  it.each([
    [900, 30],
    [20, 10],
  ])("gives up after a minute without any answer, and at the deadline: in %i s", async (seconds, asks) => {
    const { api: ecs } = await api({
      DescribeServices: (_, times) => (times < 1 ? service([deployment(2, "IN_PROGRESS")]) : unavailable),
      ...tasksOf(() => ({})),
    });
    await expect(awaitRollout(ecs, { ...web, digests: {} }, ticking(seconds))).rejects.toThrow("Service Unavailable");
    expect(told).toHaveLength(asks);
  });
});

describe("runJob", () => {
  const job = { ...web, release: "0123456789ab" };
  const written: Answers = { UpdateService: () => ({}), TagResource: () => ({}) };
  const writes = (asked: readonly Asked[]) =>
    asked.filter(({ operation }) => ["UpdateService", "TagResource"].includes(operation)).map(({ input }) => input);
  const start = { cluster, service: "web", desiredCount: 1 };
  const stop = { cluster, service: "web", desiredCount: 0 };

  it("starts it, waits for its end, notes the release, and stops what kept its task alive", async () => {
    const { api: ecs, asked } = await api({
      ...written,
      DescribeServices: () =>
        service([deployment(2, "COMPLETED")], { tags: [{ key: "retrofit-release", value: "old" }] }),
      ...tasksOf((times) => ({
        RUNNING: times < 3 ? [] : [task("1", "RUNNING", times < 7 ? {} : { lastStatus: "STOPPED", exitCode: 0 })],
      })),
    });
    await runJob(ecs, job, waiting());
    expect(writes(asked)).toEqual([
      start,
      { resourceArn: serviceArn, tags: [{ key: "retrofit-release", value: "0123456789ab" }] },
      stop,
    ]);
    expect(told).toContain("Service web waits for it to complete");
  });

  it("does not run it again in the same release", async () => {
    const tags = [{ key: "retrofit-release", value: job.release }];
    const { api: ecs, asked } = await api({ DescribeServices: () => service([deployment(2, "COMPLETED")], { tags }) });
    await runJob(ecs, job, waiting());
    expect(operations(asked)).toEqual(["DescribeServices"]);
  });

  it("fails with its exit code and last lines, and may be run again", async () => {
    const { api: ecs, asked } = await api({
      ...logs,
      ...written,
      DescribeServices: () => service([deployment(2, "COMPLETED")]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", { lastStatus: "STOPPED", exitCode: 1 })] })),
    });
    const error = await failure(runJob(ecs, job, waiting()));
    expect(error.message).toBe('service "web" failed: container web exited with code 1.');
    expect(error.printed).toMatch(/boom$/);
    expect(writes(asked)).toEqual([start, stop]);
  });

  it("fails where its task cannot start, whatever stopped before", async () => {
    const old = { ...task("0", "STOPPED", { exitCode: 9 }), stoppedAt: 1 };
    const refused = { ...task("1", "STOPPED", {}), stoppedAt: 2, stoppedReason: "CannotPullContainerError: not found" };
    const { api: ecs, asked } = await api({
      ...written,
      DescribeServices: () => service([deployment(2, "COMPLETED")]),
      ...tasksOf((times) => ({ STOPPED: times < 2 ? [old] : [old, refused] })),
    });
    const error = await failure(runJob(ecs, job, waiting()));
    expect(error.message).toBe('service "web" failed: CannotPullContainerError: not found.');
    expect(writes(asked)).toEqual([start, stop]);
  });

  it("leaves a job running that is not done in time", async () => {
    const { api: ecs, asked } = await api({
      ...logs,
      ...written,
      DescribeServices: () => service([deployment(2, "COMPLETED")]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", {})] })),
    });
    const error = await failure(runJob(ecs, job, waiting(0)));
    expect(error.message).toBe('service "web" timed out waiting for it to complete.');
    expect(writes(asked)).toEqual([start]);
  });

  const denied = { __type: "AccessDeniedException", message: "not authorized to ecs:ListTasks" };
  const deniedFrom = (first: number, tasks: object): Answers => ({
    ...written,
    DescribeServices: () => service([deployment(2, "COMPLETED", { runningCount: 0 })]),
    ListTasks: ({ desiredStatus }, times) =>
      times < first ? { taskArns: desiredStatus === "RUNNING" ? ["arn"] : [] } : denied,
    DescribeTasks: () => ({ tasks: [tasks] }),
  });

  it("leaves nothing running where it cannot ask, and tells what failed first", async () => {
    const { api: ecs, asked } = await api({
      ...deniedFrom(1, {}),
      UpdateService: (_, times) => (times === 0 ? {} : { ...denied, message: "not authorized to ecs:UpdateService" }),
    });
    await expect(runJob(ecs, job, waiting())).rejects.toThrow("not authorized to ecs:ListTasks");
    expect(writes(asked)).toEqual([start, stop]);
  });

  it("leaves a job running that was at it when it could last ask", async () => {
    const { api: ecs, asked } = await api(deniedFrom(3, task("1", "RUNNING", {})));
    await expect(runJob(ecs, job, waiting())).rejects.toThrow("not authorized to ecs:ListTasks");
    expect(writes(asked)).toEqual([start]);
  });

  it("stops what kept its task alive where the release cannot be noted", async () => {
    const { api: ecs, asked } = await api({
      ...written,
      TagResource: () => ({ __type: "ServerException", message: "no tags" }),
      DescribeServices: () => service([deployment(2, "COMPLETED")]),
      ...tasksOf(() => ({ RUNNING: [task("1", "RUNNING", { lastStatus: "STOPPED", exitCode: 0 })] })),
    });
    await expect(runJob(ecs, job, waiting())).rejects.toThrow("no tags");
    expect(writes(asked).at(-1)).toEqual(stop);
  });
});
