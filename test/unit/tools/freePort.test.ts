import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { freePort } from "../../../tools/freePort.mjs";

const module = join(import.meta.dirname, "../../../tools/freePort.mjs");

it("tells no process a port that another has just been told, nor one that anybody could be given", async () => {
  const script = `import { freePort } from ${JSON.stringify(module)}; for (let n = 0; n < 5; n++) console.log(await freePort());`;
  const processes = Array.from({ length: 4 }, () =>
    promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]),
  );
  const ports = (await Promise.all(processes)).flatMap(({ stdout }) => stdout.trim().split("\n").map(Number));
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    expect(port).toBeGreaterThan(16_000);
    expect(port).toBeLessThan(32_768);
  }
});

it("tells none that is in use, on whichever address", async () => {
  const before = await freePort();
  const server = createServer().listen(before + 1, "127.0.0.1");
  await once(server, "listening");
  expect(await freePort()).not.toBe(before + 1);
  server.close();
});
