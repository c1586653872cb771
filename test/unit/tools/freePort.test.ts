import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { freePort } from "../../../tools/freePort.mjs";

const listening = (port: number, host = "127.0.0.1") =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().unref();
    server.on("error", reject).listen(port, host, () => resolve((server.address() as { port: number }).port));
  });

it("gives a port that can be listened on", async () => {
  const port = await freePort();
  expect(await listening(port)).toBe(port);
});

it("gives none that the kernel gives to who asks for any, from 32768 on", async () => {
  expect(await freePort()).toBeLessThan(32768);
});

it("gives each once, whoever asks, though nothing listens there yet", async () => {
  const ports = new Set<number>();
  // Of 10,000: were they drawn alone, one would come twice.
  for (let n = 0; n < 400; n++) ports.add(await freePort());
  expect(ports.size).toBe(400);
  const module = join(import.meta.dirname, "../../../tools/freePort.mjs");
  const script = `import { freePort } from ${JSON.stringify(module)};
    for (let n = 0; n < 400; n++) console.log(await freePort());`;
  const { stdout } = await promisify(execFile)("node", ["--input-type=module", "-e", script]);
  const others = stdout.trim().split("\n").map(Number);
  expect(new Set(others).size).toBe(400);
  expect(others.filter((port) => ports.has(port))).toEqual([]);
});
