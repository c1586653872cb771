import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Task } from "../../embedded/aws/ecs/task.ts";
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

describe("a task", () => {
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
        script("app", "echo $PASSWORD | cat > /tmp/it; exec sleep 600", { secrets }),
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
          script("reader", "cat /shared/file; touch /shared/x || echo refused; exec sleep 600", {
            mountPoints: readOnly,
            dependsOn: [{ containerName: "writer", condition: "SUCCESS" }],
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

  it("makes one event of several lines where the log configuration says so", async () => {
    const options = {
      "awslogs-group": "/test",
      "awslogs-stream-prefix": "many",
      "awslogs-multiline-pattern": "^[A-Z]",
    };
    const logConfiguration = { logDriver: "awslogs", options, secretOptions: [] };
    await running.toEnd(definition("lines", [script("app", "echo 'Error\n at a\n at b\nNext'", { logConfiguration })]));
    expect(await running.logs("many/app/")).toEqual(["Error\n at a\n at b", "Next"]);
  });
});

describe("a task on EC2", () => {
  const bridge = { networkMode: "bridge", requiresCompatibilities: ["EC2"] } as const;
  const instance = {
    // Its ports are at an address of its own, where no other run has left anything.
    containerInstanceArn: `arn:aws:ecs:us-east-1:123456789012:container-instance/test/${randomBytes(8).toString("hex")}`,
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
          script("front", "cat /etc/hosts; exec sleep 600", {
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
