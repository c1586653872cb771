import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dropStalePidFile, engineConfig, lackingCapabilities } from "../../../tools/services/engineHost.mjs";

describe("lackingCapabilities", () => {
  it.each([
    ["all", "000001ffffffffff", []],
    ["all but CAP_SYS_RESOURCE", "000001fffeffffff", []],
    ["those of an unprivileged container", "00000000a80425fb", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]],
    ["none", "0000000000000000", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_MKNOD"]],
  ])("of a root with %s", (_, effective, expected) => {
    expect(lackingCapabilities(`Name:\tnode\nCapPrm:\tffffffffffffffff\nCapEff:\t${effective}\n`)).toEqual(expected);
  });
});

describe("engineConfig", () => {
  it("names the mirror only where Docker Hub does not answer", () => {
    expect(engineConfig(undefined)).toEqual({
      "default-address-pools": [{ base: "172.16.0.0/12", size: 24 }],
      features: { buildkit: true },
    });
    expect(engineConfig("127.0.0.1:5050")).toMatchObject({ "registry-mirrors": ["http://127.0.0.1:5050"] });
  });
});

describe("dropStalePidFile", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pid-"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ["of another program", String(process.pid)],
    ["of no process", "4194305"],
    ["that is empty", ""],
  ])("removes one %s", async (_, text) => {
    const file = join(folder, "docker.pid");
    await writeFile(file, text);
    await dropStalePidFile(file);
    expect(existsSync(file)).toBe(false);
  });

  it("needs none", async () => {
    await expect(dropStalePidFile(join(folder, "none"))).resolves.toBeUndefined();
  });
});
