import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { breakMigration, type Kept, keep, showsCloudtalents, showsKept } from "../apps/cloudtalents.ts";
import { AwsApp } from "../support/awsApp.ts";
import { eventually } from "../support/eventually.ts";

describe("cloudtalents on Fargate, its images in a bucket", () => {
  let app: AwsApp;
  let http: string;
  let kept: Kept;
  /** The tasks that have migrated, in their order. */
  const migrations = new Set<string>();

  beforeAll(async () => {
    app = await AwsApp.prepare("cloudtalents", { volumes: { media: { storage: "bucket" } } });
    await promisify(execFile)("sh", [join(app.folder, "init.sh")]);
  });
  afterAll(() => app?.remove());

  it("comes up, migrated, and does what the app does", async () => {
    await app.up();
    http = await app.http();
    expect(await newMigrations()).toEqual([0]);
    await showsCloudtalents({ http });
    kept = await keep(http);
  });

  it("migrates once a release, before the new web starts, and no request fails meanwhile", async () => {
    expect((await app.up()).changes).not.toHaveProperty("update");
    expect(await newMigrations()).toEqual([]);

    const database = await app.running("db");
    const web = await app.running("web");
    await app.edit("app/startup/views.py", "\n", "\n# Second release\n");
    const load = new Load(http, 4);
    const { steps } = await app.up();
    await load.stop();
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);

    expect(await newMigrations()).toEqual([0]);
    const order = ["migrate", "web"].map((name) => steps.findIndex((step) => step.endsWith(`-${name}-service`)));
    expect(order[0], steps.join("\n")).toBeGreaterThanOrEqual(0);
    expect(order[1], steps.join("\n")).toBeGreaterThan(order[0] as number);
    expect(await app.running("web")).not.toEqual(web);
    expect(await app.running("db")).toEqual(database);
    await showsKept(http, kept);
  });

  it("keeps rows, images and its address when every task is killed", async () => {
    for (const service of ["db", "web", "nginx"]) {
      const before = await app.running(service);
      await app.cloud("kill", service);
      await eventually(async () => expect(await app.running(service)).not.toEqual(before));
    }
    expect(await app.http()).toBe(http);
    // Not by logging in again and again, of which the app has enough after a few times.
    const serves = async () => expect((await fetch(`${http}/accounts/login/`)).status).toBe(200);
    await eventually(serves);
    await showsKept(http, kept);
    expect(await newMigrations()).toEqual([]);
  });

  it("fails with a failing migration, and the old release serves on", async () => {
    const web = await app.running("web");
    await breakMigration(app.folder);
    const load = new Load(http, 4);
    const outcome = await app.stack.up();
    await load.stop();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toMatch(/service "migrate" .*container migrate exited with code 1\./);
    expect(outcome.messages).toContain("no such column, says the test");
    expect(load.failures).toEqual([]);
    expect(await newMigrations()).toEqual([1]);
    expect(await app.running("web")).toEqual(web);
    await showsKept(http, kept);
  });

  /** How those ended that have run since the last question. A stopped task is shown for an hour. */
  async function newMigrations(): Promise<(number | undefined)[]> {
    const fresh = (await app.tasks("migrate")).filter(({ id }) => !migrations.has(id));
    for (const { id } of fresh) migrations.add(id);
    return fresh.map(({ containers }) => containers.find(({ name }) => name === "migrate")?.exitCode);
  }
});
