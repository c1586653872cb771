import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { expectCanaries, hits, hitsInFiles, plantCanaries, tell, tellCanaries } from "../support/canaries.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { docker } from "../support/stack.ts";

let app: DeployedApp;
let said = "";

beforeAll(async () => {
  app = await DeployedApp.prepare("hello-world");
  await plantCanaries(app);
});
afterAll(async () => {
  await app?.remove();
  vi.unstubAllEnvs();
});

it("hands every secret to the container that asks for it", async () => {
  said += await tell(app.stack, "preview", "--diff");
  said += await tell(app.stack, "up", "--yes", "--diff");
  const container = await app.container("web");
  expect(container, said).not.toBe("");
  const environment = await docker("exec", container, "env");
  expectCanaries(environment, await docker("exec", container, "cat", "/run/secrets/token"));
});

it("shows none of them in what the CLI says, also of a failed release", async () => {
  await tellCanaries(app);
  const failure = await tell(app.stack, "up", "--yes", "--diff");
  expect(failure).toContain("The release did not come up");
  expect(failure).toContain("[secret]");
  said += failure;
  said += await tell(app.stack, "stack", "export");
  said += await tell(app.stack, "stack", "output", "--json");
  expect(hits(said)).toEqual([]);
});

it("writes none of them into state, history and backups", async () => {
  const files: string[] = [];
  expect(await hitsInFiles(join(app.stack.folder, ".pulumi"), (file) => files.push(file))).toEqual([]);
  expect(files.filter((name) => name.endsWith(".history.json")).length).toBeGreaterThan(0);
  expect(hits(await readFile(app.stack.configFile, "utf8"))).toEqual([]);
});

it("puts none of them into labels, image history and image layers", async () => {
  const container = await app.container("web");
  expect(
    hits(await docker("inspect", "--format", "{{json .Config.Labels}} {{json .Name}} {{json .Args}}", container)),
  ).toEqual([]);
  const image = await docker("inspect", "--format", "{{.Image}}", container);
  expect(hits(await docker("history", "--no-trunc", image))).toEqual([]);
  expect(await saved(image)).toEqual([]);
});

/** The canaries in an image's layers: an archive of archives that are not compressed. */
function saved(image: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn("docker", ["save", image], { stdio: ["ignore", "pipe", "inherit"] });
    const found = new Set<string>();
    let rest = "";
    child.stdout.on("data", (data: Buffer) => {
      const text = rest + data.toString("latin1");
      for (const way of hits(text)) found.add(way);
      rest = text.slice(-64);
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve([...found]) : reject(new Error(`docker save ended with ${code}`)),
    );
  });
}
