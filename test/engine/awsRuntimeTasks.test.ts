import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Task } from "../../embedded/aws/ecs/task.ts";
import type { ContainerDefinition } from "../../embedded/aws/ecs/taskDefinition.ts";
import { tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";
import { Running } from "../unit/embeddedAws/runtime/running.ts";
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
/** Name, exit code and reason of each container. */
const ends = ({ containers }: Task) => containers.map(({ name, exitCode, reason }) => [name, exitCode, reason ?? ""]);

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
        script("db", "sleep 1; echo db; touch /tmp/ready; exec sleep 60", {
          healthCheck: healthCheck("cat /tmp/ready"),
        }),
        script("agent", "echo agent; exec sleep 60", { essential: false }),
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
    const times = await Promise.all(["lint", "db", "migrate", "app"].map(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
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
    await eventually(async () => expect(await running.logs("app/front/")).toContain("start front"));
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

  it("has no image's health check, nor anything that its definition does not say", async () => {
    const task = await running.run(definition("plain", [container("app")]));
    await running.until(task, "RUNNING");
    const { app = "" } = await running.containers(task);
    expect(await docker("inspect", "--format", "{{json .Config.Healthcheck}}", app)).toBe('{"Test":["NONE"]}');
    await running.runtime.stopTask(task.taskArn, "");
    await running.until(task, "STOPPED");
  });

  it("gives secrets to the container that has them, and to nothing else", async () => {
    running.world.secrets.set("arn:secret", "hunter2");
    const secrets = [{ name: "PASSWORD", valueFrom: "arn:secret" }];
    const task = await running.run(
      definition("secret", [
        script("app", "echo $PASSWORD | cat > /tmp/it; exec sleep 60", { secrets }),
        container("other"),
      ]),
    );
    await running.until(task, "RUNNING");
    const { app = "", other = "" } = await running.containers(task);
    await eventually(async () => expect(await docker("exec", app, "cat", "/tmp/it")).toBe("hunter2"));
    expect(await docker("exec", other, "env")).not.toContain("hunter2");
    expect(await docker("inspect", "--format", "{{json .Config.Labels}}", app)).not.toContain("hunter2");
    expect(JSON.stringify(running.runtime.tasks())).not.toContain("hunter2");
    await running.runtime.stopTask(task.taskArn, "");
    await running.until(task, "STOPPED");

    const unknown = await running.toEnd(
      definition("unknown", [container("app", { secrets: [{ name: "A", valueFrom: "arn:none" }] })]),
    );
    expect(unknown).toMatchObject({
      stopCode: "TaskFailedToStart",
      stoppedReason: "ResourceInitializationError: no secret arn:none",
    });
    expect(ends(unknown)).toEqual([["app", undefined, ""]]);
  });

  it("shares volumes of its own, which go with it", async () => {
    const mountPoints = [{ sourceVolume: "shared", containerPath: "/shared", readOnly: false }];
    const readOnly = mountPoints.map((mount) => ({ ...mount, readOnly: true }));
    const task = await running.run(
      definition(
        "volumes",
        [
          script("writer", "ls /shared; echo data > /shared/file", { mountPoints, essential: false }),
          script("reader", "cat /shared/file; touch /shared/x || echo refused; exec sleep 60", {
            mountPoints: readOnly,
            ...dependent("writer", "SUCCESS"),
          }),
        ],
        { volumes: [{ name: "shared", host: {} }] },
      ),
    );
    await eventually(async () =>
      expect(await running.logs("app/reader/")).toEqual(
        expect.arrayContaining(["data", expect.stringContaining("Read-only"), "refused"]),
      ),
    );
    expect((await running.left()).filter((name) => name.startsWith("volume"))).toHaveLength(1);
    await running.runtime.stopTask(task.taskArn, "");
    await running.until(task, "STOPPED");
    expect((await running.left()).filter((name) => name.startsWith("volume"))).toEqual([]);
  });

  it("is limited: memory kills, the root file system cannot be written", async () => {
    const grow = "a=aaaaaaaaaaaaaaaa; while true; do a=$a$a; done";
    const task = await running.toEnd(definition("limits", [script("app", grow, { memory: 16 })]));
    expect(task).toMatchObject({ stopCode: "EssentialContainerExited" });
    expect(ends(task)).toEqual([["app", 137, "OutOfMemoryError: Container killed due to memory usage"]]);
    const fixed = await running.toEnd(
      definition("readonly", [script("app", "touch /tmp/x", { readonlyRootFilesystem: true })]),
    );
    expect(ends(fixed)).toEqual([["app", 1, ""]]);
  });

  it("fails as demanded, and says why an image cannot be had or started", async () => {
    const brief = ({ stopCode, stoppedReason }: Task) => [stopCode, stoppedReason];
    const missing =
      "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/acme/none:1: docker.io/acme/none:1: not found";
    expect(brief(await running.toEnd(definition("missing", [container("app", { image: "acme/none:1" })])))).toEqual([
      "TaskFailedToStart",
      missing,
    ]);
    running.world.failures.set("app", ["imageNotFound", "accessDenied", "outOfMemory"]);
    const app = definition("demanded", [container("app")]);
    expect(brief(await running.toEnd(app))).toEqual([
      "TaskFailedToStart",
      missing.replaceAll("acme/none:1", "retrofit-test/tiny:1"),
    ]);
    const [, denied] = brief(await running.toEnd(app));
    expect(denied).toMatch(
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role\/execution\/[0-9a-f]{32} is not authorized/,
    );
    expect(ends(await running.toEnd(app))).toEqual([
      ["app", 137, "OutOfMemoryError: Container killed due to memory usage"],
    ]);
    const wrong = await running.toEnd(definition("wrong", [container("app", { command: ["/no/such/program"] })]));
    expect(wrong.stopCode).toBe("TaskFailedToStart");
    expect(wrong.stoppedReason).toMatch(/^CannotStartContainerError: .*no such file or directory/);
    const optional = await running.toEnd(
      definition("optional", [script("app", "exit 0"), container("side", { image: "acme/none:1", essential: false })]),
    );
    expect(ends(optional)).toEqual([
      ["app", 0, ""],
      ["side", undefined, missing],
    ]);
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

  it("makes one event of several lines where the log configuration says so", async () => {
    const options = {
      "awslogs-group": "/test",
      "awslogs-stream-prefix": "many",
      "awslogs-multiline-pattern": "^[A-Z]",
    };
    const logConfiguration = { logDriver: "awslogs", options, secretOptions: [] };
    await running.toEnd(
      definition("lines", [script("app", "echo Error; echo ' at a'; echo ' at b'; echo Next", { logConfiguration })]),
    );
    expect(await running.logs("many/app/")).toEqual(["Error\n at a\n at b", "Next"]);
  });
});

describe("a task on EC2", () => {
  const bridge = { networkMode: "bridge", requiresCompatibilities: ["EC2"] } as const;
  const instance = {
    containerInstanceArn: "arn:aws:ecs:us-east-1:123456789012:container-instance/test/0123456789abcdef",
    clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/test",
    ec2InstanceId: "i-0123456789abcdef0",
    cpu: 2048,
    memory: 4096,
    securityGroups: [],
  };

  it("has links by their names, host ports, and volumes that images fill", async () => {
    running.world.instances.push(instance);
    const task = await running.run(
      definition(
        "bridge",
        [
          script("front", "cat /etc/hosts; exec sleep 60", {
            links: ["back:database"],
            portMappings: [
              { containerPort: 80, hostPort: 18081, protocol: "tcp" },
              { containerPort: 81, hostPort: 0, protocol: "tcp" },
            ],
            mountPoints: [{ sourceVolume: "static", containerPath: "/static", readOnly: true }],
          }),
          container("back", { mountPoints: [{ sourceVolume: "static", containerPath: "/full", readOnly: false }] }),
        ],
        {
          ...bridge,
          volumes: [
            {
              name: "static",
              dockerVolumeConfiguration: {
                scope: "task",
                autoprovision: false,
                driver: "local",
                driverOpts: {},
                labels: {},
              },
            },
          ],
        },
      ),
    );
    await running.until(task, "RUNNING");
    const { front = "", back = "" } = await running.containers(task);
    expect(await docker("exec", front, "cat", "/static/file")).toBe("from the image");
    const links = await docker(
      "inspect",
      "--format",
      "{{range .NetworkSettings.Networks}}{{json .Links}}{{end}}",
      front,
    );
    expect(links).toMatch(/-back:database"\]$/);
    expect(back).not.toBe("");
    const [{ networkBindings = [] } = {}] = running.task(task).containers;
    expect(networkBindings).toEqual([
      { bindIP: "0.0.0.0", containerPort: 80, hostPort: 18081, protocol: "tcp" },
      { bindIP: "0.0.0.0", containerPort: 81, hostPort: expect.any(Number), protocol: "tcp" },
    ]);
    await expect(
      running.run(
        definition(
          "second",
          [container("a", { portMappings: [{ containerPort: 1, hostPort: 18081, protocol: "tcp" }] })],
          bridge,
        ),
      ),
    ).rejects.toThrow(/is already using a port required by your task/);
    await running.runtime.stopTask(task.taskArn, "");
    await running.until(task, "STOPPED");
    running.world.instances.pop();
    await expect(running.run(definition("nowhere", [container("a")], bridge))).rejects.toThrow(
      "No Container Instances were found in your cluster.",
    );
  });
});

describe("a file system", () => {
  const mountPoints = [{ sourceVolume: "files", containerPath: "/files", readOnly: false }];
  const volumes = [
    {
      name: "files",
      efsVolumeConfiguration: { fileSystemId: "fs-0001", rootDirectory: "/", transitEncryption: "ENABLED" as const },
    },
  ];
  const creation = { uid: 1000, gid: 1000, permissions: "0700" };

  it("is shared by tasks, outlives them, and has but one user by an access point, whoever writes", async () => {
    running.world.fileSystems.set("fs-0001", {
      fileSystemId: "fs-0001",
      path: "/uploads",
      posixUser: { uid: 1000, gid: 1000, secondaryGids: [] },
      creation,
      readOnly: false,
      rootAccess: false,
    });
    const task = (family: string, text: string, changes: Partial<ContainerDefinition> = {}) =>
      definition(family, [script("app", text, { mountPoints, ...changes })], { volumes });
    const writer = await running.run(
      task("writer", "id -u; echo data > /files/by-root && stat -c %u /files/by-root; exec sleep 60"),
    );
    await eventually(async () => expect((await running.logs("app/app/")).slice(-2)).toEqual(["0", "1000"]));
    // Another user reads what is for the owner alone, and writes as the owner.
    const reader = await running.toEnd(
      task("reader", "id -u; cat /files/by-root; touch /files/other; stat -c '%u %a' /files /files/other; ls /files", {
        user: "7:7",
      }),
    );
    expect(ends(reader)).toEqual([["app", 0, ""]]);
    expect((await running.logs("app/app/")).slice(-6)).toEqual([
      "7",
      "data",
      "1000 700",
      "1000 644",
      "by-root",
      "other",
    ]);
    expect((await running.left()).filter((name) => name.includes("fs-0001"))).toHaveLength(2);
    await running.runtime.stopTask(writer.taskArn, "");
    await running.until(writer, "STOPPED");
    await eventually(async () =>
      expect((await running.left()).filter((name) => name.includes("fs-0001"))).toHaveLength(1),
    );
    await running.toEnd(task("later", "ls /files"));
    expect((await running.logs("app/app/")).slice(-2)).toEqual(["by-root", "other"]);
  });

  it("has the containers' own users without one", async () => {
    running.world.fileSystems.set("fs-0001", {
      fileSystemId: "fs-0001",
      path: "/data",
      creation,
      readOnly: false,
      rootAccess: true,
    });
    const task = (user: string) =>
      definition("plain", [script("app", "touch /files/x && stat -c %u /files/x", { mountPoints, user })], { volumes });
    expect(ends(await running.toEnd(task("1000")))).toEqual([["app", 0, ""]]);
    expect((await running.logs("app/app/")).at(-1)).toBe("1000");
    expect(ends(await running.toEnd(task("7")))).toEqual([["app", 1, ""]]);
  });

  it("fails the task where its folder is not there, and cannot be written where the role may not", async () => {
    running.world.fileSystems.set("fs-0001", {
      fileSystemId: "fs-0001",
      path: "/none",
      readOnly: false,
      rootAccess: true,
    });
    const task = definition("none", [script("app", "touch /files/x", { mountPoints })], { volumes });
    expect((await running.toEnd(task)).stoppedReason).toBe(
      "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: mounting fs-0001:/none failed, reason given by server: No such file or directory : unsuccessful EFS utils command execution; code: 32",
    );
    running.world.fileSystems.set("fs-0001", {
      fileSystemId: "fs-0001",
      path: "/data",
      readOnly: true,
      rootAccess: true,
    });
    expect(ends(await running.toEnd(task))).toEqual([["app", 1, ""]]);
    await running.runtime.fileSystemRemoved("fs-0001");
    expect((await running.left()).filter((name) => name.includes("fs-0001"))).toEqual([]);
  });
});
