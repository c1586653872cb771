import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker, root } from "../support/stack.ts";
import { addressOf, back, count, front, port, recoveryWorld } from "../unit/embeddedAws/runtime/recoveryWorld.ts";
import { Running } from "../unit/embeddedAws/runtime/running.ts";
import { cloudId } from "../unit/embeddedAws/runtime/world.ts";

const folder = mkdtempSync(join(tmpdir(), "retrofit-recovery-"));
const services = [back, front, count];
let running: Running;

function ask(): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: addressOf(folder), port, agent: false }, async (answer) => {
      let body = "";
      for await (const chunk of answer) body += chunk;
      resolve(`${answer.statusCode} ${body}`);
    }).on("error", reject);
  });
}

/** Containers that run, by name. */
const containers = async () => {
  const text = await docker(
    "ps",
    "--no-trunc",
    "--filter",
    `label=retrofit.embedded.aws=${cloudId(folder)}`,
    "--format",
    "{{.Names}} {{.ID}}",
  );
  return text.split("\n").sort();
};

beforeAll(async () => {
  await tinyImage();
});

afterAll(() => running.remove());

describe("a daemon that is killed", () => {
  it("leaves its tasks running, and the next one goes on with them", async () => {
    const script = join(root, "test/unit/embeddedAws/runtime/recoveryWorld.ts");
    const daemon = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
    await Promise.race([
      once(daemon.stdout, "data"),
      once(daemon, "exit").then(() => Promise.reject(new Error("it ended"))),
    ]);
    expect(await ask()).toBe("200 front back");
    const before = await containers();
    expect(before).toHaveLength(6);
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
    await expect(ask()).rejects.toThrow("ECONNREFUSED");
    expect(await containers()).toEqual(before);

    // What it was about to make when it was killed.
    const label = ["--label", `retrofit.embedded.aws=${cloudId(folder)}`, "--label", "retrofit.embedded.aws.task=0123"];
    await docker("create", ...label, "retrofit-test/tiny:1");
    await docker("volume", "create", ...label);
    // Made only now: it reads what the other has kept.
    running = new Running(folder, recoveryWorld(folder, services));
    await running.runtime.start();
    await eventually(async () => expect(await ask()).toBe("200 front back"));
    for (const each of services) await running.steady(each);
    expect(await containers()).toEqual(before);
    expect((await running.left()).filter((name) => name.startsWith("volume"))).toEqual([]);
    expect(await docker("ps", "--all", "--quiet", "--filter", "label=retrofit.embedded.aws.task=0123")).toBe("");
  });

  it("loses none of their lines, and has none twice", async () => {
    const lines = async () => (await running.logs("app/app/")).filter((line) => /^\d+$/.test(line)).map(Number);
    const soFar = (await lines()).length;
    await eventually(async () => expect((await lines()).length).toBeGreaterThan(soFar + 3));
    const all = await lines();
    expect(all).toEqual(all.map((_, index) => index + 1));
  });

  it("goes on with a service whose task died meanwhile", async () => {
    const own = new Set((await containers()).map((line) => line.split(" ")[0]));
    await running.runtime.stop(false);
    const [task] = running.runtime
      .tasks()
      .filter(({ group, lastStatus }) => group === "service:back" && lastStatus === "RUNNING");
    const { app = "" } = await running.containers(task ?? { taskArn: "" });
    await docker("kill", app);
    running = new Running(folder, running.world);
    await running.runtime.start();
    await running.until(task ?? { taskArn: "" }, "STOPPED");
    await running.steady(back);
    await eventually(async () => expect(await ask()).toBe("200 front back"));
    const now = (await containers()).map((line) => line.split(" ")[0]);
    expect(now.filter((name) => !own.has(name))).toHaveLength(2);
    expect(running.task(task ?? { taskArn: "" })).toMatchObject({ containers: [{ exitCode: 137 }] });
  });

  it("stops its tasks where it is to, and starts them again", async () => {
    await running.runtime.stop(true);
    expect((await running.left()).filter((name) => name.startsWith("container"))).toEqual([]);
    running = new Running(folder, running.world);
    await running.runtime.start();
    for (const each of services) await running.steady(each);
    await eventually(async () => expect(await ask()).toBe("200 front back"));
  });
});
