import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { gcpClient } from "../../embedded/gcp/client.ts";
import { download, uploaded } from "../apps/flaskUploadDemo.ts";
import { eventually } from "../support/eventually.ts";
import { compileTime, GcpApp } from "../support/gcpApp.ts";
import { leftOf } from "../support/leftOnDocker.ts";
import { docker, root } from "../support/stack.ts";

// One stack, from which each step takes what the one before has left.
describe("an app on a VM when something goes wrong", () => {
  let app: GcpApp;
  let http: string;
  let bucket: string;
  const bytes = randomBytes(100_000);
  const inBucket = { volumes: { uploads: { storage: "bucket" } } };
  const composeFile = "nginx/compose.yaml";
  const volume = "    volumes:\n      - uploads:/srv/demo-app/demo/uploads\n";
  const page = "app/demo/templates/page.html";
  const startFile = "run/gunicorn.conf.py";
  const sound = 'worker_class = "gthread"\n';
  const slow = "import time\ntime.sleep(15)\n";

  beforeAll(async () => {
    app = await GcpApp.prepare("flask-upload-demo", { app: "nginx" });
    bucket = `${app.project}-storage`;
  });
  afterAll(() => app?.remove());

  const fail = (failure: object) => app.cloud("fail", JSON.stringify({ times: 1, ...failure }));
  const instances = async () => (await app.cloud("status")).split("\n").filter((line) => line.startsWith("Instance "));

  it("is refused with a database on a bucket, before anything is made", async () => {
    const folder = join(app.stack.folder, "databases");
    await mkdir(folder);
    await writeFile(
      join(folder, "compose.yaml"),
      `name: databases
services:
  db:
    image: postgres:17
    volumes: ["pg:/var/lib/postgresql/data"]
  web:
    image: debian:trixie-slim
    environment: { DATABASE_URL: "sqlite:////srv/data/app.db" }
    volumes: ["data:/srv/data"]
volumes: { pg: , data: }
`,
    );
    await app.configure({
      app: folder,
      volumes: { pg: { storage: "bucket" }, data: { storage: "bucket" } },
    });
    const why = "there, which needs locks and writes in place that a bucket has not. Take storage: disk.";
    const outcome = await app.stack.up();
    expect(outcome.messages.trim()).toBe(
      `error: compose.yaml:10: volumes.data is a bucket, but web keeps a SQLite file ${why}\n` +
        `compose.yaml:10: volumes.pg is a bucket, but db keeps PostgreSQL's data ${why}`,
    );
    // Nothing but the stack itself.
    expect([outcome.ok, outcome.steps]).toEqual([false, [`create retrofit-${app.stack.name}`]]);
    expect(await app.cloud("status")).toBe("The embedded cloud does not run.\n");
  });

  it("says so when there is no quota for the VM, and goes on the next time", async () => {
    await app.configure();
    // Without a volume, as the tutorial begins.
    await app.edit(composeFile, volume, "");
    await app.edit(composeFile, "read_only: true", "read_only: false");
    await fail({ type: "instance", operation: "create", error: "quota" });
    const { ok, messages } = await app.stack.up();
    expect(ok).toBe(false);
    expect(messages).toContain("Error creating instance: googleapi: Error 403: Quota 'INSTANCES' exceeded");

    expect((await app.up()).steps).toEqual(["create flask-upload-demo-vm-instance"]);
    http = await app.http();
    expect((await download(http, "/")).status).toBe(200);
  });

  it("loses its files with the VM where they are in no bucket", async () => {
    const path = await uploaded(http, "lost.bin", bytes);
    expect((await download(http, path)).body.equals(bytes)).toBe(true);
    await app.cloud("kill");
    await app.up("--refresh");
    expect((await download(http, "/")).status).toBe(200);
    expect((await download(http, path)).status).toBe(404);
  });

  it(
    "says so when its account may not write to the bucket, and serves on",
    async () => {
      await app.edit(composeFile, "    restart:", `${volume}    restart:`);
      await app.edit(composeFile, "read_only: false", "read_only: true");
      await app.configure(inBucket);
      await app.up();
      const path = await uploaded(http, "kept.bin", bytes);

      await revokeObjectAdmin();
      await app.edit(page, "</body>", "<p>Second release</p></body>");
      const { ok, messages } = await app.stack.up();
      expect(ok).toBe(false);
      expect(messages).toMatch(
        /^error: The release did not come up: the bucket of volume "uploads" is mounted, but a file cannot be written, read and deleted there\. Has the machine's service account roles\/storage\.objectAdmin on it\?\n/,
      );
      expect((await download(http, "/")).body.toString()).not.toContain("Second release");

      // The refresh sees what is gone. The release that failed is tried again as it is only if it is told to.
      await app.configure({ ...inBucket, attempt: 2 });
      await app.up("--refresh");
      expect((await download(http, "/")).body.toString()).toContain("Second release");
      expect((await download(http, path)).body.equals(bytes)).toBe(true);
    },
    compileTime,
  );

  it("ends when it is interrupted in mid-release, and goes on the next time", async () => {
    await app.edit(startFile, sound, slow + sound);
    const machine = await app.machine();
    const load = new Load(http, 2);
    const { pid, done } = app.stack.start("up", "--yes", "--skip-preview");
    await eventually(async () => expect(await report(machine)).toMatch(/^[0-9a-f]+ working 1\nwaiting/));
    process.kill(pid, "SIGINT");
    expect((await done).ok).toBe(false);
    const outcome = await app.up();
    await load.stop();
    expect(outcome.steps).toEqual([]);
    expect(load.failures).toEqual([]);
    await app.edit(startFile, slow, "");
  });

  it("recovers from kill -9 while the VM was being made, which its state knows nothing of", async () => {
    await app.cloud("kill");
    const { pid, done } = app.stack.start("up", "--yes", "--skip-preview", "--refresh");
    await eventually(async () => expect(await app.cloud("console")).not.toBe(""));
    process.kill(pid, "SIGKILL");
    await done;
    const [orphan = ""] = await instances();
    expect(orphan).not.toBe("");
    const { code, output } = await command("start");
    expect(code, output).toBe(0);
    expect(output).toContain("A deployment was killed here: taking its lock away.\n");
    expect(output).toContain(orphan.replace("Instance ", ""));
    expect(await instances()).toEqual([orphan]);
    expect((await download(http, "/")).body.toString()).toContain("Second release");
    expect((await app.up()).messages).not.toContain("pending");
  });

  it("makes the VM anew when kill -9 came before there was one", async () => {
    await app.cloud("kill");
    await fail({ type: "instance", operation: "create", error: "slow", delay: 120 });
    const { pid, done } = app.stack.start("up", "--yes", "--skip-preview", "--refresh");
    await eventually(async () => expect(await app.stack.state()).toContain('"creating"'));
    process.kill(pid, "SIGKILL");
    await done;
    expect(await instances()).toEqual([]);
    await app.cloud("stop");
    const { code, output } = await command("start");
    expect(code, output).toBe(0);
    expect(await instances()).toHaveLength(1);
    expect((await download(http, "/")).body.toString()).toContain("Second release");
  });

  it("is not destroyed with its bucket, until that is said", async () => {
    await app.configure({ ...inBucket, attempt: 2, destroyContent: false });
    expect((await app.up()).steps).toEqual(["update flask-upload-demo-uploads-bucket"]);
    const refused = await destroy();
    expect(refused.code).toBe(1);
    expect(refused.output).toContain("because it is protected");
    expect(refused.output).toContain(
      `A destroy refuses to delete a bucket, which may hold what people have uploaded: ${bucket}. To delete it with all that it holds:\n` +
        `  npm run pulumi -- config set retrofit:destroyContent true --stack ${app.stack.name}\n`,
    );
    expect((await download(http, "/uploads/kept.bin")).body.equals(bytes)).toBe(true);

    await app.configure({ ...inBucket, attempt: 2, destroyContent: true });
    expect((await app.up()).steps).toEqual(["update flask-upload-demo-uploads-bucket"]);
  });

  it("leaves nothing behind once it is: no container, volume or network, and no daemon", async () => {
    expect((await destroy()).code).toBe(0);
    await eventually(async () => expect(existsSync(app.stack.cloudFolder)).toBe(false));
    expect(await leftOf("gcp", app.stack.cloudFolder)).toEqual([]);
    expect(gcpClient(app.stack.cloudFolder).isRunning()).toBe(false);
  });

  /** As if somebody had done it in the console. */
  async function revokeObjectAdmin(): Promise<void> {
    const [, id = ""] = /^BucketIAMMember (.*)$/m.exec(await app.cloud("status")) ?? [];
    await app.byHand("delete", "gcp:storage/bucketIAMMember:BucketIAMMember", { id });
  }

  /** What a VM says of the release at the moment: the time to see it, and to interrupt it, is short. */
  const report = (machine: string) => {
    const path = "computeMetadata/v1/instance/guest-attributes/retrofit/release";
    return docker(
      "exec",
      machine,
      "curl",
      "-sf",
      "-H",
      "Metadata-Flavor: Google",
      `http://metadata.google.internal/${path}`,
    );
  };

  const destroy = () => command("destroy");

  /** `npm start` or `npm run destroy` of this stack. */
  async function command(name: "start" | "destroy"): Promise<{ code: number; output: string }> {
    const words = [`tools/${name}.mjs`, "--stack", app.stack.name, "--config-file", app.stack.configFile];
    const run = promisify(execFile)("node", words, { cwd: root, env: app.stack.environment });
    return run.then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        output: error.stdout + error.stderr,
      }),
    );
  }
});
