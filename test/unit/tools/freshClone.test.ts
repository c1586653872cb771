import { execFile } from "node:child_process";
import { chmod, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
let clone: string;

// A checkout in which nothing has been installed, on a machine whose npm can install nothing.
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), "retrofit-clone-"));
  for (const part of ["tools", "package.json", "package-lock.json", "Pulumi.yaml", "Pulumi.dev.yaml"]) {
    await cp(join(root, part), join(clone, part), { recursive: true });
  }
  const npm = join(clone, "npm");
  await writeFile(npm, '#!/bin/sh\necho "asked of npm: $*"\nexit 9\n');
  await chmod(npm, 0o755);
});
afterAll(() => rm(clone, { recursive: true, force: true }));

it.each([["start"], ["destroy"], ["pulumi", "up"], ["logs"], ["killVm"], ["taskDefinition", "hello-world"]])(
  "installs the packages before anything needs them: %s",
  async (command, ...words) => {
    const env = { ...process.env, PATH: `${clone}:/usr/bin:/bin`, RETROFIT_CACHE: join(clone, "cache") };
    const said = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [join(clone, "tools", `${command}.mjs`), ...words],
        { env, cwd: clone },
        (_, out, err) => resolve(out + err),
      );
    });
    expect(said).toMatch(/^\[1\/\d+\] Node 24 and the npm packages: node-linux-\w+ is not installed/);
    expect(said).toContain("asked of npm: ci ");
    expect(said).not.toContain("ERR_MODULE_NOT_FOUND");
  },
);
