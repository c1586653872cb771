/** `npm run bench -- images`: what each app's images weigh, in all and above the image that they are built on. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { readApp } from "../compose/read.ts";
import { docker, root } from "../test/support/stack.ts";
import { pulumiEnvironment } from "../tools/environment.mjs";
import { table } from "./measure.ts";

const run = promisify(execFile);
// Any name: the images are built, not run.
const environment = { GCS_BUCKET: "bench" };
const env = { ...pulumiEnvironment({ root }), ...environment };

const files = readdirSync(join(root, "docker"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith("compose.yaml"))
  .sort();
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const size = async (image: string) => Number(await docker("image", "inspect", "--format", "{{.Size}}", image));

const baseOf = (dockerfile: string) => readFileSync(dockerfile, "utf8").match(/^FROM\s+(\S+)/m)?.[1] as string;

const rows = [["image", "total", "above its base", "base"]];
for (const file of files) {
  // Makes the passwords that a fresh checkout lacks; nothing where they are there.
  const init = join(root, "docker", dirname(file), "init.sh");
  if (existsSync(init)) await run("sh", [init]);
  const app = await readApp({ file: join(root, "docker", file), environment, target: "docker" });
  const project = `bench-${app.name}-${process.pid}`;
  const cwd = dirname(join(root, "docker", file));
  await run("docker", ["compose", "--project-name", project, "build", "--quiet"], { cwd, env, maxBuffer: 1 << 26 });
  for (const { name, image } of app.services.values()) {
    if (image.kind !== "build") continue;
    const built = image.reference ?? `${project}-${name}`;
    const base = baseOf(image.build.dockerfile);
    const [total, below] = await Promise.all([size(built), size(base).catch(() => Number.NaN)]);
    rows.push([
      `${dirname(file)}: ${name}`,
      megabytes(total),
      Number.isNaN(below) ? "" : megabytes(total - below),
      base,
    ]);
    await docker("image", "rm", "--force", built);
  }
}
// The same app in one stage, as the multi-stage image is to be compared with.
for (const file of readdirSync(join(root, "docker"), { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith("Dockerfile.singlestage")) continue;
  const path = join(root, "docker", file);
  const tag = `bench-singlestage-${process.pid}`;
  await run("docker", ["build", "--quiet", "--file", path, "--tag", tag, dirname(path)], { env, maxBuffer: 1 << 26 });
  const base = baseOf(path);
  const [total, below] = await Promise.all([size(tag), size(base)]);
  rows.push([`${dirname(file)}: in one stage`, megabytes(total), megabytes(total - below), base]);
  await docker("image", "rm", "--force", tag);
}
console.log(table(rows));
