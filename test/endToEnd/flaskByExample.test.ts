import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { counted, exampleCounts, results, showsFlaskByExample, submit } from "../apps/flaskByExample.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

describe("flask-by-example on Docker", () => {
  let app: DeployedApp;

  beforeAll(async () => {
    // A page that answers late, so that a job can be caught in the middle.
    app = await DeployedApp.prepare("flask-by-example", { environment: { FETCH_ALLOW: "app:5000,slow:8000" } });
    await promisify(execFile)("sh", [join(app.folder, "init.sh")]);
  });
  afterAll(() => app?.remove());

  it("comes up and does what the app does", async () => {
    await app.up();
    await showsFlaskByExample(app);
  });

  it("stores results in PostgreSQL", async () => {
    const id = await submit(app.http, "http://app:5000/static/example.txt");
    await counted(app.http, id);
    const rows = await docker(
      "exec",
      await app.container("db"),
      "psql",
      "-U",
      "postgres",
      "-tA",
      "wordcount",
      "-c",
      "select url from results",
    );
    expect(rows).toContain("http://app:5000/static/example.txt");
  });

  it("loses no job of a worker that is killed in the middle of it", async () => {
    const [app5000, page] = [await app.container("app"), "http://app:5000/static/example.txt"];
    // The app's server is stopped, so that the worker waits for its page.
    await docker("pause", app5000);
    let id: string;
    try {
      // Put into the queue by the app's own code: its server does not answer now.
      const redis = await app.container("redis");
      await docker("unpause", app5000);
      id = await submit(app.http, page);
      await docker("pause", app5000);
      await eventually(async () =>
        expect(await docker("exec", redis, "redis-cli", "--raw", "keys", "rq:*wip*")).not.toBe(""),
      );
      process.kill(Number(await app.inspect("worker", "{{.State.Pid}}")), "SIGKILL");
    } finally {
      await docker("unpause", app5000);
    }
    expect((await counted(app.http, id, 90)).slice(0, exampleCounts.length)).toEqual(exampleCounts);
    expect((await results(app.http, id)).status).toBe(200);
  });

  it("keeps counts when database and queue are replaced", async () => {
    const id = await submit(app.http, "http://app:5000/static/example.txt");
    const words = await counted(app.http, id);
    await Promise.all(["db", "redis"].map(async (service) => docker("rm", "--force", await app.container(service))));
    await app.up("--refresh");
    expect(await counted(app.http, id)).toEqual(words);
  });
});
