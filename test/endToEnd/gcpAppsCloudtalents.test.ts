import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { breakMigration, type Kept, keep, showsCloudtalents, showsKept } from "../apps/cloudtalents.ts";
import { GcpApp } from "../support/gcpApp.ts";

describe("cloudtalents on Google Cloud, its images in a bucket", () => {
  let app: GcpApp;
  let http: string;
  let kept: Kept;

  beforeAll(async () => {
    app = await GcpApp.prepare("cloudtalents", { volumes: { media: { storage: "bucket" } } });
    await promisify(execFile)("sh", [join(app.folder, "init.sh")]);
  });
  afterAll(() => app?.remove());

  it("comes up, migrated, and does what the app does", async () => {
    await app.up();
    http = await app.http();
    expect(await app.inspect("migrate", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 0");
    await showsCloudtalents({ http });
  });

  it("has its images in the bucket, for web and nginx alike", async () => {
    kept = await keep(http);
    expect(await app.cloud("objects")).toContain(kept.path.replace("/media/", ""));
    expect(
      await app.inside(
        "docker ps --filter label=retrofit.bucket.media --format '{{.Label \"retrofit.service\"}}' | sort",
      ),
    ).toBe("nginx\nweb");
  });

  it("migrates once a release, before the new web starts, and no request fails meanwhile", async () => {
    const first = await app.inspect("migrate", "{{.Id}}");
    expect((await app.up()).changes).not.toHaveProperty("update");
    expect(await app.inspect("migrate", "{{.Id}}")).toBe(first);

    const database = await app.inspect("db", "{{.Id}} {{.State.StartedAt}}");
    await app.edit("app/startup/views.py", "\n", "\n# Second release\n");
    const load = new Load(http, 4);
    await app.up();
    await load.stop();
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);

    expect(await app.inspect("migrate", "{{.Id}}")).not.toBe(first);
    const migrated = Date.parse(await app.inspect("migrate", "{{.State.FinishedAt}}"));
    expect(Date.parse(await app.inspect("web", "{{.State.StartedAt}}"))).toBeGreaterThanOrEqual(migrated);
    expect(await app.inspect("db", "{{.Id}} {{.State.StartedAt}}")).toBe(database);
    await showsKept(http, kept);
  });

  it("keeps rows, images and its address when the machine dies", async () => {
    const machine = await app.machine();
    await app.cloud("kill");
    await app.up("--refresh");
    expect(await app.machine()).not.toBe(machine);
    expect(await app.http()).toBe(http);
    await showsKept(http, kept);
  });

  it("fails with a failing migration, and the old release serves on", async () => {
    const web = await app.inspect("web", "{{.Id}}");
    await breakMigration(app.folder);
    const load = new Load(http, 4);
    const outcome = await app.stack.up();
    await load.stop();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toMatch(/service "migrate" \(container retrofit-migrate-\w+\) exited with code 1\./);
    expect(outcome.messages).toContain("no such column, says the test");
    expect(load.failures).toEqual([]);
    expect(await app.inspect("web", "{{.Id}}")).toBe(web);
    await showsKept(http, kept);
  });
});
