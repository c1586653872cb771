import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notes, showsDockerExample, staticFile, writeNote } from "../apps/dockerExample.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { docker } from "../support/stack.ts";

describe("docker-example on Docker", () => {
  let app: DeployedApp;

  beforeAll(async () => {
    app = await DeployedApp.prepare("docker-example");
  });
  afterAll(() => app?.remove());

  it("comes up and does what the apps do", async () => {
    await app.up();
    await showsDockerExample(app);
  });

  it("keeps app2's notes when app2 is replaced", async () => {
    await writeNote(app.http, "kept");
    await docker("rm", "--force", await app.container("app2"));
    await app.up("--refresh");
    expect(await notes(app.http)).toContain("kept");
  });

  it("serves the new static files after a release, and replaces only what shows them", async () => {
    const untouched = await Promise.all(["app2", "db"].map((service) => app.container(service)));
    await app.edit("app1/static/style.css", "/* app1 */", "/* app1, second release */");
    await app.up();
    expect(await staticFile(app.http, "app1", "style.css")).toContain("/* app1, second release */");
    expect(await staticFile(app.http, "app2", "style.css")).toContain("/* app2 */");
    expect(await Promise.all(["app2", "db"].map((service) => app.container(service)))).toEqual(untouched);
    expect(await notes(app.http)).toContain("kept");
  });
});
