import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findCompose } from "../../compose/command.ts";
import { filesBelow } from "./checkers.ts";
import { docker, root } from "./stack.ts";

/** An image that an app's compose file builds, and the service that runs it. */
export interface AppImage {
  /** App, variant and service: `flask-upload-demo/nginx/web`. */
  readonly name: string;
  /** Tag on this machine. */
  readonly tag: string;
  /** The image that it is built on. */
  readonly base: string;
  readonly service: ComposeService;
  /** Other services wait for its end. */
  readonly job: boolean;
}

/** As Compose prints it. */
interface ComposeService {
  readonly build?: Build;
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly stop_signal?: string;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Build {
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const prefix = `retrofit-test-images-${process.pid}`;

/** Builds the images of the apps in docker/, each once. `except`: compose files that are left out. */
export async function buildAppImages({ except }: { readonly except: readonly string[] }): Promise<readonly AppImage[]> {
  const files = (await filesBelow("docker")).filter((file) => file.endsWith("/compose.yaml"));
  for (const file of except) if (!files.includes(file)) throw new Error(`there is no ${file} to leave out`);
  const tags = new Map<string, string>();
  const images: AppImage[] = [];
  for (const file of files.filter((each) => !except.includes(each)).sort()) {
    const services = await servicesOf(join(root, file));
    for (const [service, definition] of Object.entries(services)) {
      if (!definition.build) continue;
      const key = JSON.stringify(definition.build);
      const tag = tags.get(key) ?? `${prefix}:${tags.size}`;
      if (!tags.has(key)) await build(definition.build, tag);
      tags.set(key, tag);
      images.push({
        name: `${dirname(file).slice("docker/".length)}/${service}`,
        tag,
        base: await baseOf(definition.build),
        service: definition,
        job: Object.values(services).some(
          ({ depends_on }) => depends_on?.[service]?.condition === "service_completed_successfully",
        ),
      });
    }
  }
  return images;
}

/** Removes the tags; layers stay for the next build. */
export async function removeAppImages(): Promise<void> {
  const tags = await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", prefix);
  if (tags !== "") await docker("image", "rm", "--no-prune", ...tags.split("\n"));
}

async function servicesOf(file: string): Promise<Readonly<Record<string, ComposeService>>> {
  // Makes the files of passwords that a fresh checkout lacks and Compose asks for; nothing where they are there.
  const init = join(dirname(file), "init.sh");
  if (existsSync(init)) await run("sh", [init]);
  const [compose = "", ...words] = await findCompose(process.env);
  const args = [...words, "--file", file, "config", "--no-env-resolution", "--format", "json"];
  const { stdout } = await run(compose, args, { cwd: dirname(file), env: { PATH: process.env.PATH } });
  return JSON.parse(stdout).services;
}

async function build({ context, dockerfile, target, args = {} }: Build, tag: string): Promise<void> {
  const words = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  if (target !== undefined) words.push("--target", target);
  await docker("build", "--quiet", "--tag", tag, "--file", join(context, dockerfile), ...words, context);
}

/** What a Dockerfile's first stage is built on: the last one's base too, or its layers would not begin with the base's. */
async function baseOf({ context, dockerfile }: Build): Promise<string> {
  const [, base] = /^FROM\s+(\S+)/m.exec(await readFile(join(context, dockerfile), "utf8")) ?? [];
  if (base === undefined) throw new Error(`${dockerfile} in ${context} is built on nothing`);
  await docker("image", "inspect", base).catch(() => docker("pull", "--quiet", base));
  return base;
}
