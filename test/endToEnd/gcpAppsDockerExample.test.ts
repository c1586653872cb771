import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { notes, showsDockerExample, staticFile, writeNote } from "../apps/dockerExample.ts";
import { eventually } from "../support/eventually.ts";
import { GcpApp } from "../support/gcpApp.ts";

describe("docker-example on Google Cloud", () => {
  let app: GcpApp;
  let http: string;

  beforeAll(async () => {
    app = await GcpApp.example("gcp-docker-example");
  });
  afterAll(() => app?.remove());

  it("comes up and does what the apps do", async () => {
    await app.up();
    http = await app.http();
    await showsDockerExample({ http });
  });

  it("serves the new static files after a release; no request fails meanwhile, and the database is not touched", async () => {
    await writeNote(http, "kept");
    const database = await app.inspect("db", "{{.Id}} {{.State.StartedAt}}");
    await app.edit("app1/static/style.css", "/* app1 */", "/* app1, second release */");
    const loads = ["/app1/", "/app2/", "/app1/static/style.css"].map((path) => new Load(http + path, 2));
    await app.up();
    for (const load of loads) {
      await load.stop();
      expect(load.requests).toBeGreaterThan(20);
      expect(load.failures).toEqual([]);
    }
    // A connection that is kept open stays with the old release for some seconds.
    const second = async () =>
      expect(await staticFile(http, "app1", "style.css")).toContain("/* app1, second release */");
    await eventually(second);
    expect(await staticFile(http, "app2", "style.css")).toContain("/* app2 */");
    expect(await app.inspect("db", "{{.Id}} {{.State.StartedAt}}")).toBe(database);
  });

  it("keeps app2's notes when the machine dies", async () => {
    await app.cloud("kill");
    await app.up("--refresh");
    expect(await app.http()).toBe(http);
    expect(await notes(http)).toContain("kept");
    expect(await staticFile(http, "app1", "style.css")).toContain("/* app1, second release */");
  });
});
