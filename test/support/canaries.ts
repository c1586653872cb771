import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { expect, vi } from "vitest";
import { ageKey, encrypted } from "./sopsFiles.ts";
import { root, type TestStack } from "./stack.ts";

/** hello-world, prepared from a copy of its sources. */
interface HelloWorld {
  readonly stack: TestStack;
  readonly folder: string;
  edit(file: string, before: string, after: string): Promise<void>;
}

/** Five secrets, one by each way in which a secret can reach an app. None may be seen anywhere but in the container that gets it. */
const canaries = {
  configured: canary("configured"),
  interpolated: canary("interpolated"),
  envFile: canary("envfile"),
  secretFile: canary("secretfile"),
  encrypted: canary("encrypted"),
};

/** Gives them to hello-world, with a key for sops in the environment: `vi.unstubAllEnvs()`. */
export async function plantCanaries(app: HelloWorld): Promise<void> {
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
  const compose = join(folder, "compose.yaml");
  await writeFile(compose, `${await readFile(compose, "utf8")}\nsecrets:\n  token: { file: ./token }\n`);
  await stack.secret("secrets.DIRECT", canaries.configured);
  await stack.secret("secrets.DBPASS", canaries.interpolated);
}

/** The container has been given all of them. @param environment as `env` prints it @param token the secret file */
export function expectCanaries(environment: string, token: string): void {
  expect(environment).toContain(`DIRECT=${canaries.configured}\n`);
  expect(environment).toContain(`DATABASE_URL=postgresql://app:${canaries.interpolated}@db/shop`);
  expect(environment).toContain(`FROM_FILE=${canaries.envFile}`);
  expect(environment).toContain(`FROM_SOPS=${canaries.encrypted}`);
  expect(token).toBe(canaries.secretFile);
}

/** The next release prints all its secrets and ends. */
export function tellCanaries(app: HelloWorld): Promise<void> {
  const telling = "\nimport os, sys\nprint(os.environ); print(open('/run/secrets/token').read()); sys.exit(4)\n";
  return app.edit("app.py", "\n", telling);
}

/** Those that a text shows. */
export function hits(text: string): string[] {
  return Object.entries(canaries).flatMap(([way, value]) => (text.includes(value) ? [way] : []));
}

/** Those that a folder's files show, as `file: way`. @param found told of each file */
export async function hitsInFiles(folder: string, found: (file: string) => void = () => undefined): Promise<string[]> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const all: string[] = [];
  for (const { parentPath, name } of entries) {
    const file = relative(folder, join(parentPath, name));
    found(file);
    const text = await readFile(join(parentPath, name), "latin1").catch(() => ""); // gone meanwhile
    all.push(...hits(text).map((way) => `${file}: ${way}`));
  }
  return all;
}

/** What the CLI says to a person; it may fail. */
export async function tell({ environment, name, configFile }: TestStack, ...args: string[]): Promise<string> {
  const config = args[0] === "stack" ? [] : ["--config-file", configFile];
  const run = promisify(execFile)(
    "pulumi",
    [...args, "--stack", name, ...config, "--color", "never", "--non-interactive"],
    { env: environment, cwd: root, maxBuffer: 1 << 26 },
  );
  const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

function canary(way: string): string {
  return `canary-${way}-${Math.random().toString(36).slice(2, 12)}`;
}
