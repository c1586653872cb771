import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inFolder, removeFolder } from "../../../embedded/daemon/folder.ts";
import { root } from "../../support/stack.ts";

let place: string;
let folder: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "retrofit-folder-"));
  folder = join(place, "clouds", "gcp");
});
afterEach(() => rmSync(place, { recursive: true }));

it("makes the folder, for its user alone, and again where it goes meanwhile", () => {
  let times = 0;
  const file = inFolder(folder, () => {
    if (times++ < 2) removeFolder(folder);
    writeFileSync(join(folder, "daemon.log"), "begun");
    return join(folder, "daemon.log");
  });
  expect([times, readFileSync(file, "utf8")]).toEqual([3, "begun"]);
  removeFolder(folder);
  expect(readdirSync(join(place, "clouds"))).toEqual([]);
});

it("says what is wrong with a folder that does not go", () => {
  expect(() => inFolder(folder, () => readFileSync(join(folder, "absent")))).toThrow("ENOENT");
  writeFileSync(join(place, "file"), "");
  expect(() => inFolder(join(place, "file", "gcp"), () => "made")).toThrow("ENOTDIR");
});

it("goes from one daemon to the next, each of which ends at once and takes it away", async () => {
  const path = (file: string) => JSON.stringify(join(root, "embedded", "daemon", file));
  const program = `const { inFolder, removeFolder } = await import(${path("folder.ts")});
    const { takeLock } = await import(${path("lock.ts")});
    process.setMaxListeners(0);
    const [folder, file] = ${JSON.stringify([folder, join(folder, "daemon.lock")])};
    for (let turns = 0; turns < 50; )
      if (inFolder(folder, () => takeLock(file))) {
        turns++;
        removeFolder(folder);
      }`;
  const daemons = [1, 2, 3, 4].map(() =>
    spawn("node", ["--input-type=module", "--eval", program, "embedded/test/daemon/main.ts"], { stdio: "inherit" }),
  );
  const codes = await Promise.all(daemons.map(async (daemon) => (await once(daemon, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(readdirSync(join(place, "clouds"))).toEqual([]);
});
