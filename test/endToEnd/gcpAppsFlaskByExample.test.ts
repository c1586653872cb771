import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { counted, exampleCounts, showsFlaskByExample, submit } from "../apps/flaskByExample.ts";
import { eventually } from "../support/eventually.ts";
import { GcpApp } from "../support/gcpApp.ts";

const page = "http://app:5000/static/example.txt";

describe("flask-by-example on Google Cloud", () => {
  let app: GcpApp;
  let http: string;

  beforeAll(async () => {
    app = await GcpApp.prepare("flask-by-example");
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
    const query = "psql -U postgres -tA wordcount -c 'select url from results'";
    expect(await app.inside(`docker exec ${await container("db")} ${query}`)).toContain(page);
  });

  it("loses no job of a worker that is killed in the middle of it", async () => {
    const [server, redis, worker] = [await container("app"), await container("redis"), await container("worker")];
    // The worker begins only when the server is paused, and so waits for its page: it is in the middle of the job.
    await app.inside(`docker pause ${worker}`);
    const id = await submit(http, page);
    await app.inside(`docker pause ${server}`);
    try {
      await app.inside(`docker unpause ${worker}`);
      const atWork = () => app.inside(`docker exec ${redis} redis-cli --raw keys 'rq:*wip*'`);
      await eventually(async () => expect(await atWork()).not.toBe(""));
      await app.inside(`kill -KILL ${await app.inspect("worker", "{{.State.Pid}}")}`);
    } finally {
      await app.inside(`docker unpause ${server}`);
    }
    expect((await counted(http, id)).slice(0, exampleCounts.length)).toEqual(exampleCounts);
  });

  it("keeps counts, and jobs that wait, when the machine dies", async () => {
    const done = await submit(http, page);
    const words = await counted(http, done);
    await app.inside(`systemctl stop ${await container("worker")}`);
    const waiting = await submit(http, page);
    await app.cloud("kill");
    await app.up("--refresh");
    expect(await app.http()).toBe(http);
    expect(await counted(http, done)).toEqual(words);
    expect(await counted(http, waiting)).toEqual(words);
  });

  function container(service: string): Promise<string> {
    return app.inspect(service, "{{.Name}}").then((name) => name.slice(1));
  }
});
