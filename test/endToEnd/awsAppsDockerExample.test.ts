import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { notes, showsDockerExample, staticFile, writeNote } from "../apps/dockerExample.ts";
import { AwsApp } from "../support/awsApp.ts";
import { eventually } from "../support/eventually.ts";

describe("docker-example on Fargate", () => {
  let app: AwsApp;
  let http: string;

  beforeAll(async () => {
    app = await AwsApp.prepare("docker-example");
  });
  afterAll(() => app?.remove());

  it("comes up with all four services, and does what the apps do", async () => {
    await app.up();
    http = await app.http();
    await showsDockerExample({ http });
  });

  it("serves the new static files after a release; no request fails meanwhile, and what has not changed is not touched", async () => {
    await writeNote(http, "kept");
    const others = () => Promise.all(["app2", "db"].map((service) => app.running(service)));
    const before = await others();
    await app.edit("app1/static/style.css", "/* app1 */", "/* app1, second release */");
    const loads = ["/app1/", "/app2/", "/app1/static/style.css"].map((path) => new Load(http + path, 2));
    await app.up();
    for (const load of loads) {
      await load.stop();
      expect(load.requests).toBeGreaterThan(20);
      expect(load.failures).toEqual([]);
    }
    expect(await staticFile(http, "app1", "style.css")).toContain("/* app1, second release */");
    expect(await staticFile(http, "app2", "style.css")).toContain("/* app2 */");
    expect(await others()).toEqual(before);
  });

  it("keeps app2's notes when the tasks of app2 and of its database are replaced", async () => {
    for (const service of ["app2", "db"]) {
      const before = await app.running(service);
      await app.cloud("kill", service);
      await eventually(async () => expect(await app.running(service)).not.toEqual(before));
    }
    await eventually(async () => expect(await notes(http)).toContain("kept"));
  });
});
