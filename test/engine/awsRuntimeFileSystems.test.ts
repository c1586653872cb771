import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ContainerDefinition } from "../../embedded/aws/ecs/taskDefinition.ts";
import { tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { ends, Running } from "../unit/embeddedAws/runtime/running.ts";
import { definition, script } from "../unit/embeddedAws/runtime/world.ts";

const running = new Running();

beforeAll(async () => {
  await tinyImage();
  await running.runtime.start();
});

afterAll(() => running.remove());

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
      task("writer", "id -u; echo data > /files/by-root && stat -c %u /files/by-root; exec sleep 600"),
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
