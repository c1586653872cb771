import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { download, upload, uploaded } from "../apps/flaskUploadDemo.ts";
import { eventually } from "../support/eventually.ts";
import { containerOf, docker, root, TestStack } from "../support/stack.ts";

describe("when something goes wrong in mid-deployment", () => {
  let stack: TestStack;
  let file: string;

  // Never healthy before the file /ready is there: holds an update for as long as a test needs it.
  const waiting = `name: shop
services:
  web:
    image: debian:trixie-slim
    command: [sleep, infinity]
    init: true
    stop_grace_period: 1s
    healthcheck: { test: [CMD, test, -e, /ready], interval: 1s, retries: 1000 }
`;

  beforeAll(async () => {
    stack = await TestStack.create({ app: "" });
    file = join(stack.folder, "compose.yaml");
    await writeFile(file, waiting);
    await stack.configure({ app: file, timeout: 500 });
  });
  afterAll(() => stack?.remove());

  const container = () =>
    eventually(async () => {
      const id = await containerOf(stack, "web");
      expect(id).toMatch(/^[0-9a-f]{64}/);
      return id;
    });

  /** Makes every container of `web` healthy until the update is over: one that it left over, and its successor. */
  const released = async (update: ReturnType<TestStack["start"]>) => {
    let going = true;
    const done = update.done.finally(() => {
      going = false;
    });
    while (going) {
      const ids = (await containerOf(stack, "web")).split("\n").filter((id) => id !== "");
      await Promise.all(ids.map((id) => docker("exec", id, "touch", "/ready").catch(() => "")));
      await sleep(200);
    }
    const outcome = await done;
    expect(outcome.ok, outcome.messages).toBe(true);
    expect(await containerOf(stack, "web")).toMatch(/^[0-9a-f]{64}$/);
  };

  it("refuses a second update meanwhile", async () => {
    const first = stack.start("up", "--yes", "--skip-preview");
    await container();
    const second = await stack.up();
    expect(second.ok).toBe(false);
    expect(second.messages).toMatch(/currently locked by 1 lock/);
    await released(first);
    expect((await stack.destroy()).ok).toBe(true);
  });

  it("stops when it is asked to, and goes on the next time", async () => {
    const { pid, done } = stack.start("up", "--yes", "--skip-preview");
    await container();
    process.kill(pid, "SIGINT");
    expect((await done).ok).toBe(false);
    await released(stack.start("up", "--yes", "--skip-preview"));
    expect((await stack.destroy()).ok).toBe(true);
  });

  it("recovers from kill -9, and leaves no container behind", async () => {
    const { pid, done } = stack.start("up", "--yes", "--skip-preview");
    await container();
    process.kill(pid, "SIGKILL");
    await done;
    await stack.cli("cancel", "--yes");
    await released(stack.start("up", "--yes", "--skip-preview", "--refresh"));
    expect((await stack.destroy()).ok).toBe(true);
    expect(await containerOf(stack, "web")).toBe("");
  });

  it("says so when the registry is not there", async () => {
    const port = await freePort();
    await stack.configure({
      app: "flask-upload-demo/basic",
      registry: `127.0.0.1:${port}`,
      environment: { HTTP_PORT: port },
    });
    const outcome = await stack.up();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toContain(`127.0.0.1:${port}`);
    expect(outcome.messages).toMatch(/connection refused/);
    expect((await stack.destroy()).ok).toBe(true);
  });

  it("keeps what is stored when the disk is full, and says no to more", async () => {
    const port = await freePort();
    const http = `http://127.0.0.1:${port}`;
    await writeFile(
      file,
      `name: full
services:
  web:
    extends: { file: ${join(root, "docker/flask-upload-demo/nginx/compose.yaml")}, service: web }
volumes:
  uploads:
    driver_opts: { type: tmpfs, device: tmpfs, o: "size=1m,uid=900,gid=900,mode=0750" }
`,
    );
    await stack.configure({ app: file, environment: { HTTP_PORT: port } });
    const up = await stack.up();
    expect(up.ok, up.messages).toBe(true);
    const small = Buffer.alloc(100_000, "s");
    const place = await uploaded(http, "small.bin", small);
    const refused = await upload(http, "large.bin", Buffer.alloc(5_000_000, "l"));
    expect(refused.status).toBe(500);
    expect((await download(http, place)).body.equals(small)).toBe(true);
    expect((await stack.destroy()).ok).toBe(true);
  });
});
