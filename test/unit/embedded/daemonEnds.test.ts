import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../../embedded/daemon/client.ts";
import { eventually } from "../../support/eventually.ts";
import { root } from "../../support/stack.ts";

/** A cloud of one thing, which takes a second to put away what it has. */
const main = `
  import { existsSync, writeFileSync, rmSync } from "node:fs";
  import { join } from "node:path";
  import { runDaemon } from "../../daemon/run.ts";
  runDaemon(
    import.meta.filename,
    (folder) => ({
      thing: join(folder, "thing"),
      async start() {},
      isEmpty() { return !existsSync(this.thing); },
      stop() {},
      async dispose() {
        writeFileSync(join(folder, "..", "disposing"), "");
        await new Promise((end) => setTimeout(end, 1000));
      },
    }),
    (cloud, stop) => ({
      handler() { throw new Error("no types"); },
      function() { throw new Error("no functions"); },
      commands: {
        make: async () => writeFileSync(cloud.thing, ""),
        remove: async () => rmSync(cloud.thing),
        pid: async () => process.pid,
        stop: async () => stop(),
      },
    }),
  );
`;

let place: string;
let client: Client;
const control = (command: string) => client.ask({ kind: "control", command, args: [] });

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "retrofit-test-"));
  for (const part of ["core", "daemon"]) {
    mkdirSync(join(place, "embedded", "test", "daemon"), { recursive: true });
    symlinkSync(join(root, "embedded", part), join(place, "embedded", part));
  }
  const file = join(place, "embedded", "test", "daemon", "main.ts");
  writeFileSync(file, main);
  client = new Client(join(place, "cloud"), file);
});

afterAll(async () => {
  await client.stop();
  rmSync(place, { recursive: true, force: true });
});

test("who asks while an empty cloud puts itself away is answered by the next one, which keeps what it is given", async () => {
  await control("make");
  const first = await control("pid");
  await control("remove");
  await eventually(async () => rmSync(join(place, "disposing")));
  // Several at once, as a deployment does.
  await Promise.all([control("make"), control("pid"), control("pid")]);
  const next = await control("pid");
  expect(next).not.toBe(first);
  await eventually(async () => expect(() => process.kill(first as number, 0)).toThrow());
  expect(await control("pid")).toBe(next);
  await control("remove");
});
