import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { findCompose, run } from "../../../compose/command.ts";
import { project, refusal, web } from "./project.ts";

/** A Docker configuration whose Compose plugin is a script. */
async function plugin(script: string): Promise<string> {
  const folder = await project({ "cli-plugins/docker-compose": `#!/bin/sh\n${script}\n` });
  await chmod(join(folder, "cli-plugins/docker-compose"), 0o755);
  return folder;
}

async function refusalWith(script: string): Promise<string> {
  vi.stubEnv("DOCKER_CONFIG", await plugin(script));
  try {
    return await refusal(web(""));
  } finally {
    vi.unstubAllEnvs();
  }
}

test("the user's own plugin comes before one on PATH", async () => {
  const folder = await plugin("");
  expect(await findCompose({ DOCKER_CONFIG: folder, PATH: "/nowhere" })).toEqual([
    join(folder, "cli-plugins/docker-compose"),
  ]);
});

test("a Compose that is too old", async () => {
  expect(await refusalWith("echo 'unknown flag: --no-interpolate' >&2; exit 125")).toBe(
    "Docker Compose: is too old to read compose files for this. Run npm run setup, or install Docker Compose 2.24 or newer.",
  );
});

test("a Compose that ends without a word", async () => {
  expect(await refusalWith("exit 3")).toBe(
    "Docker Compose: ended without saying why. Run docker compose config to see whether it works at all.",
  );
});

test("a program that cannot be found ends with 127", async () => {
  expect(await run(["/nowhere/program"], "/", {})).toEqual({ code: 127, stdout: "", stderr: "" });
});
