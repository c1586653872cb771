import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";

const script = join(import.meta.dirname, "../../../embedded/serve.ts");
const start = (...args: string[]) => spawn(process.execPath, [script, ...args]);

async function ended(...args: string[]) {
  const child = start(...args);
  const [[code], errors] = await Promise.all([once(child, "exit"), text(child.stderr)]);
  return { code, errors };
}

it("says when it is ready, and ends with whoever started it", async () => {
  const child = start("docker=0");
  expect(String((await once(child.stdout, "data"))[0])).toBe("ready\n");
  child.stdin.end();
  expect((await once(child, "exit"))[0]).toBe(0);
});

it.each(["SIGTERM", "SIGINT"] as const)("ends by %s", async (signal) => {
  const child = start("docker=0");
  await once(child.stdout, "data");
  child.kill(signal);
  expect((await once(child, "exit"))[0]).toBe(0);
});

it("refuses a provider that is not there", async () => {
  const { code, errors } = await ended("azure=0");
  expect(code).toBe(1);
  expect(errors).toMatch(
    /^no provider azure; usage: node embedded\/serve.ts \[--state=<folder>\] <name>=<port> \.\.\. /,
  );
});

it.each([[[]], [["docker"]], [["docker=x"]], [["--port=1"]]])("says how it is used, given %j", async (args) => {
  const { code, errors } = await ended(...args);
  expect(code).toBe(1);
  expect(errors).toMatch(/^usage: |Unknown option/);
});

it("says that a port is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { code, errors } = await ended(`docker=${port}`);
  server.close();
  expect(code).toBe(1);
  expect(errors).toBe(`the docker provider cannot listen on port ${port}: something else does\n`);
});
