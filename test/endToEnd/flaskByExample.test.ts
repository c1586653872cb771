import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { counted, exampleCounts, results, showsFlaskByExample, submit } from "../apps/flaskByExample.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { eventually } from "../support/eventually.ts";
import { docker, root } from "../support/stack.ts";

describe("flask-by-example on Docker", () => {
  let app: DeployedApp;

  beforeAll(async () => {
    app = await DeployedApp.prepare("flask-by-example");
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
    const services = ["app", "redis", "worker"].map((service) => app.container(service));
    const [server, redis, worker] = (await Promise.all(services)) as [string, string, string];
    // The worker begins only when the server is paused, and so waits for its page: it is in the middle of the job.
    await docker("pause", worker);
    const id = await submit(app.http, "http://app:5000/static/example.txt");
    await docker("pause", server);
    try {
      await docker("unpause", worker);
      const atWork = () => docker("exec", redis, "redis-cli", "--raw", "keys", "rq:*wip*");
      await eventually(async () => expect(await atWork()).not.toBe(""));
      process.kill(Number(await app.inspect("worker", "{{.State.Pid}}")), "SIGKILL");
    } finally {
      await docker("unpause", server);
    }
    expect((await counted(app.http, id, 300)).slice(0, exampleCounts.length)).toEqual(exampleCounts);
    expect((await results(app.http, id)).status).toBe(200);
  });

  it("loses no job that its worker begins while the database is away", async () => {
    const [db, redis] = await Promise.all(["db", "redis"].map((service) => app.container(service)));
    await docker("stop", db as string);
    let id: string;
    try {
      id = await submit(app.http, "http://app:5000/static/example.txt");
      const field = (name: string) =>
        docker("exec", redis as string, "redis-cli", "--raw", "hget", `rq:job:${id}`, name);
      // Put off, and not once more of the five tries of a job that fails.
      await eventually(async () => expect(Number(await field("number_of_retries"))).toBeGreaterThan(0));
      expect(await field("retries_left")).toBe("4");
      const answer = await results(app.http, id);
      expect([answer.status, await answer.json()]).toEqual([
        503,
        { error: "The queue or the database is away for a moment: try again" },
      ]);
    } finally {
      await docker("start", db as string);
    }
    const words = await eventually(() => counted(app.http, id), 300);
    expect(words.slice(0, exampleCounts.length)).toEqual(exampleCounts);
  });

  it("takes a database that is just starting up for one that is away, not a job for a bad one", async () => {
    const script = await readFile(join(root, "test/fixtures/startingDatabase.py"), "utf8");
    const url = "DATABASE_URL=postgresql://wordcount_dbadmin@127.0.0.1/wordcount";
    const said = await docker("exec", "--env", url, await app.container("app"), "python", "-c", script);
    expect(said).toMatch(/^away: .*57P03/);
  });

  it("keeps counts when database and queue are replaced", async () => {
    const id = await submit(app.http, "http://app:5000/static/example.txt");
    const words = await counted(app.http, id);
    await Promise.all(["db", "redis"].map(async (service) => docker("rm", "--force", await app.container(service))));
    await app.up("--refresh");
    expect(await counted(app.http, id)).toEqual(words);
  });
});
