import { execFile, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { DeployedApp } from "../support/deployedApp.ts";
import { ageKey, encrypted } from "../support/sopsFiles.ts";
import { docker } from "../support/stack.ts";

// Five secrets, one by each way in which a secret can reach an app. None may be seen anywhere but in the container that gets it.
const canary = (way: string) => `canary-${way}-${Math.random().toString(36).slice(2, 12)}`;
const canaries = {
  configured: canary("configured"),
  interpolated: canary("interpolated"),
  envFile: canary("envfile"),
  secretFile: canary("secretfile"),
  encrypted: canary("encrypted"),
};

let app: DeployedApp;
let said = "";

beforeAll(async () => {
  app = await DeployedApp.prepare("hello-world");
  const { folder, stack } = app;
  await writeFile(join(folder, "plain.env"), `FROM_FILE=${canaries.envFile}\n`);
  await writeFile(join(folder, "token"), canaries.secretFile);
  // By the real sops, to a key of this test, which it finds by its environment as a user's does.
  const key = ageKey();
  vi.stubEnv("SOPS_AGE_KEY", key.identity);
  const unreadable = encrypted(`FROM_SOPS=${canaries.encrypted}\n`, "dotenv", key.recipient);
  expect(unreadable).toMatch(/^FROM_SOPS=ENC\[AES256_GCM/);
  await writeFile(join(folder, "encrypted.env"), unreadable);
  await app.edit(
    "compose.yaml",
    "    build: .\n",
    "    build: .\n    env_file: [plain.env, encrypted.env]\n    secrets: [token]\n    environment:\n" +
      "      DIRECT: $DIRECT\n      DATABASE_URL: postgresql://app:$DBPASS@db/shop\n",
  );
  await writeFile(
    join(folder, "compose.yaml"),
    `${await readFile(join(folder, "compose.yaml"), "utf8")}\nsecrets:\n  token: { file: ./token }\n`,
  );
  await stack.secret("secrets.DIRECT", canaries.configured);
  await stack.secret("secrets.DBPASS", canaries.interpolated);
});
afterAll(async () => {
  await app?.remove();
  vi.unstubAllEnvs();
});

it("hands every secret to the container that asks for it", async () => {
  said += await tell("preview", "--diff");
  said += await tell("up", "--yes", "--diff");
  const container = await app.container("web");
  expect(container, said).not.toBe("");
  const environment = await docker("exec", container, "env");
  expect(environment).toContain(`DIRECT=${canaries.configured}\n`);
  expect(environment).toContain(`DATABASE_URL=postgresql://app:${canaries.interpolated}@db/shop`);
  expect(environment).toContain(`FROM_FILE=${canaries.envFile}`);
  expect(environment).toContain(`FROM_SOPS=${canaries.encrypted}`);
  expect(await docker("exec", container, "cat", "/run/secrets/token")).toBe(canaries.secretFile);
});

it("shows none of them in what the CLI says, also of a failed release", async () => {
  await app.edit(
    "app.py",
    "\n",
    "\nimport os, sys\nprint(os.environ); print(open('/run/secrets/token').read()); sys.exit(4)\n",
  );
  const failure = await tell("up", "--yes", "--diff");
  expect(failure).toContain("The release did not come up");
  expect(failure).toContain("[secret]");
  said += failure;
  said += await tell("stack", "export");
  said += await tell("stack", "output", "--json");
  expect(hits(said)).toEqual([]);
});

it("writes none of them into state, history and backups", async () => {
  const backend = join(app.stack.folder, ".pulumi");
  const files = (await readdir(backend, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name).filter((name) => name.endsWith(".history.json")).length).toBeGreaterThan(0);
  for (const { parentPath, name } of files) {
    expect(hits(await readFile(join(parentPath, name), "latin1")), join(parentPath, name)).toEqual([]);
  }
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

function hits(text: string): string[] {
  return Object.entries(canaries).flatMap(([way, value]) => (text.includes(value) ? [way] : []));
}

/** What the CLI says to a person; it may fail. */
async function tell(...args: string[]): Promise<string> {
  const { environment, name, configFile } = app.stack;
  const config = args[0] === "stack" ? [] : ["--config-file", configFile];
  const run = promisify(execFile)(
    "pulumi",
    [...args, "--stack", name, ...config, "--color", "never", "--non-interactive"],
    {
      env: environment,
      cwd: join(import.meta.dirname, "../.."),
      maxBuffer: 1 << 26,
    },
  );
  const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

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
