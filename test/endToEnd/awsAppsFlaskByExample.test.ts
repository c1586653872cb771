import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { counted, exampleCounts, showsFlaskByExample, submit } from "../apps/flaskByExample.ts";
import { AwsApp } from "../support/awsApp.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

const page = "http://app:5000/static/example.txt";

describe("flask-by-example on Fargate", () => {
  let app: AwsApp;
  let http: string;

  beforeAll(async () => {
    app = await AwsApp.prepare("flask-by-example");
    await promisify(execFile)("sh", [join(app.folder, "init.sh")]);
  });
  afterAll(() => app?.remove());

  it("comes up and does what the app does", async () => {
    await app.up();
    http = await app.http();
    await showsFlaskByExample({ http });
  });

  it("stores results in PostgreSQL", async () => {
    await counted(http, await submit(http, page));
    const query = ["psql", "-U", "postgres", "-tA", "wordcount", "-c", "select url from results"];
    expect(await docker("exec", await container("db"), ...query)).toContain(page);
  });

  it("loses no job of a worker whose task is killed in the middle of it", async () => {
    const [db, redis, worker] = [await container("db"), await container("redis"), await container("worker")];
    const before = await app.running("worker");
    // The worker begins only when the database is paused, and so waits for it: it is in the middle of the job. The server that has
    // its page cannot be paused: the load balancer's checks would replace it.
    await docker("pause", worker);
    const id = await submit(http, page);
    await docker("pause", db);
    try {
      await docker("unpause", worker);
      const atWork = () => docker("exec", redis, "redis-cli", "--raw", "keys", "rq:*wip*");
      await eventually(async () => expect(await atWork()).not.toBe(""));
      process.kill(Number(await docker("inspect", "--format", "{{.State.Pid}}", worker)), "SIGKILL");
    } finally {
      await docker("unpause", db);
    }
    // Until the database, which was paused, answers again the app says so.
    const words = await eventually(() => counted(http, id));
    expect(words.slice(0, exampleCounts.length)).toEqual(exampleCounts);
    expect(await app.running("worker")).not.toEqual(before);
  });

  it("keeps counts, and every job, when the tasks of database and queue are killed", async () => {
    const done = await submit(http, page);
    const words = await counted(http, done);
    const worker = await container("worker");
    await docker("pause", worker);
    const ids = [done, await submit(http, page)];
    const before = await Promise.all(["db", "redis"].map((service) => app.running(service)));
    await app.cloud("kill", "db");
    // One job is begun, and another handed in, while the database is away.
    await docker("unpause", worker);
    ids.push(await submit(http, page));
    await app.cloud("kill", "redis");
    await eventually(async () => {
      const now = await Promise.all(["db", "redis"].map((service) => app.running(service)));
      for (const [index, tasks] of now.entries()) expect(tasks).not.toEqual(before[index]);
    });
    // Until both serve again the app says so.
    for (const id of ids) expect(await eventually(() => counted(http, id))).toEqual(words);
  });

  async function container(service: string): Promise<string> {
    const [task = ""] = await app.running(service);
    return app.container(task, service);
  }
});
