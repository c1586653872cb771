import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { breakMigration, keep, showsCloudtalents, showsKept } from "../apps/cloudtalents.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { docker } from "../support/stack.ts";

describe("cloudtalents on Docker", () => {
  let app: DeployedApp;

  beforeAll(async () => {
    app = await DeployedApp.prepare("cloudtalents");
    await promisify(execFile)("sh", [join(app.folder, "init.sh")]);
  });
  afterAll(() => app?.remove());

  it("comes up, migrated, and does what the app does", async () => {
    await app.up();
    expect(await app.inspect("migrate", "{{.State.Status}} {{.State.ExitCode}}")).toBe("exited 0");
    await showsCloudtalents(app);
  });

  it("migrates once a release, before the new web starts", async () => {
    const first = await app.container("migrate");
    await app.up();
    expect(await app.container("migrate")).toBe(first);

    await app.edit("app/startup/views.py", "\n", "\n# Second release\n");
    await app.up();
    expect(await app.container("migrate")).not.toBe(first);
    const migrated = Date.parse(await app.inspect("migrate", "{{.State.FinishedAt}}"));
    expect(Date.parse(await app.inspect("web", "{{.State.StartedAt}}"))).toBeGreaterThanOrEqual(migrated);
  });

  it("keeps rows and images when every container is replaced", async () => {
    const kept = await keep(app.http);
    await Promise.all(
      ["nginx", "web", "db"].map(async (service) => docker("rm", "--force", await app.container(service))),
    );
    await app.up("--refresh");
    await showsKept(app.http, kept);
  });

  it("fails with a failing migration, and the old release serves on", async () => {
    const web = await app.container("web");
    await breakMigration(app.folder);
    const outcome = await app.stack.up();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toMatch(/service "migrate" \(container cloudtalents-migrate-\w+\) exited with code 1\./);
    expect(outcome.messages).toContain("no such column, says the test");
    expect(await app.container("web")).toBe(web);
    expect((await fetch(app.http)).status).toBe(200);
  });
});
