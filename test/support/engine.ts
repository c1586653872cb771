import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { pulumiEnvironment } from "../../tools/environment.mjs";
import { freePort } from "../../tools/freePort.mjs";
import { keptResources, type StateResource, stateFile } from "./keptState.ts";
import { docker, root } from "./stack.ts";

const run = promisify(execFile);

/** What one command of the CLI did. */
export interface Outcome {
  readonly ok: boolean;
  /** Errors and warnings. */
  readonly messages: string;
  /** `op name: path, path` for all that is not `same`. */
  readonly steps: readonly string[];
}

/** A small program on the provider server of this project, the real CLI and the real engine. */
export class ProviderStack {
  readonly folder: string;
  readonly #provider: string;
  readonly #port: number;
  #server: ChildProcessWithoutNullStreams | undefined;

  private constructor(folder: string, provider: string, port: number) {
    this.folder = folder;
    this.#provider = provider;
    this.#port = port;
  }

  /** @param program see `program` */
  static async create(program: string, provider = "docker"): Promise<ProviderStack> {
    const folder = await mkdtemp(join(tmpdir(), "retrofit-provider-"));
    const stack = new ProviderStack(folder, provider, await freePort());
    const project = { name: "test", runtime: { name: "nodejs", options: { typescript: false } }, main: "index.js" };
    await writeFile(join(stack.folder, "Pulumi.yaml"), JSON.stringify(project));
    await writeFile(join(stack.folder, "package.json"), JSON.stringify({ type: "module" }));
    await symlink(join(root, "node_modules"), join(stack.folder, "node_modules"));
    await stack.program(program);
    await stack.startServer();
    await stack.cli("stack", "init", "dev");
    return stack;
  }

  /** Replace the program: JavaScript in which `pulumi` and the provider's name are the SDKs. */
  async program(text: string): Promise<void> {
    const imports = [this.#provider, "pulumi"].map((name) => `import * as ${name} from "@pulumi/${name}";\n`).join("");
    await writeFile(join(this.folder, "index.js"), imports + text);
  }

  async startServer(environment: NodeJS.ProcessEnv = {}): Promise<void> {
    const script = join(root, "embedded", "serve.ts");
    // A state of its own: another server of this checkout would clean up what this one is meant to.
    const child = spawn(
      "node",
      [script, `--state=${join(this.folder, "embedded")}`, `${this.#provider}=${this.#port}`],
      {
        env: { ...this.environment, ...environment },
      },
    );
    child.stderr.pipe(process.stderr);
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(() => Promise.reject(new Error("the provider server ended"))),
    ]);
    this.#server = child;
  }

  /** @param how `stdin`: as when whoever started it is gone */
  async stopServer(how: "stdin" | "SIGKILL" = "stdin"): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const exit = once(server, "exit");
    if (how === "stdin") server.stdin.end();
    else server.kill("SIGKILL");
    await exit;
  }

  /** Set a plain configuration value. */
  async config(key: string, value: string, ...options: string[]): Promise<void> {
    await this.cli("config", "set", key, value, ...options);
  }

  up(...options: string[]): Promise<Outcome> {
    return this.operate("up", "--yes", "--skip-preview", ...options);
  }

  preview(...options: string[]): Promise<Outcome> {
    return this.operate("preview", ...options);
  }

  refresh(...options: string[]): Promise<Outcome> {
    return this.operate("refresh", "--yes", "--skip-preview", ...options);
  }

  destroy(...options: string[]): Promise<Outcome> {
    return this.operate("destroy", "--yes", "--skip-preview", ...options);
  }

  operate(...args: string[]): Promise<Outcome> {
    return this.start(...args).done;
  }

  /** Start an operation that the test may want to interrupt, as by Ctrl-C; `done` resolves when it has ended. */
  start(...args: string[]): { readonly interrupt: () => void; readonly done: Promise<Outcome> } {
    const child = spawn("pulumi", [...args, "--json", "--non-interactive", "--cwd", this.folder], {
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const done = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]).then(
      ([output, errors, [code]]) => outcomeOf(code === 0, output, errors),
    );
    return { interrupt: () => child.kill("SIGINT"), done };
  }

  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.cli("stack", "output", "--json", "--show-secrets"));
  }

  /** The state's resources by name, secrets encrypted. */
  async state(): Promise<Record<string, StateResource>> {
    const resources = await keptResources(stateFile(this.folder, "test", "dev"));
    return Object.fromEntries(resources.map((resource) => [nameOf(resource.urn), resource]));
  }

  /** All files of the backend, as text. */
  async backend(): Promise<string> {
    const files = await readdir(join(this.folder, ".pulumi"), { recursive: true, withFileTypes: true });
    const contents = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), "utf8"));
    return (await Promise.all(contents)).join("\n");
  }

  /** The id of a resource in the state. */
  async id(name: string): Promise<string> {
    const id = (await this.state())[name]?.id;
    if (id === undefined) throw new Error(`the state has no ${name}`);
    return id;
  }

  /** Destroys what is left, and ends the server. For `afterAll`. */
  async remove(): Promise<void> {
    if (this.#server === undefined) await this.startServer();
    const outcome = await this.destroy();
    await this.stopServer();
    await rm(this.folder, { recursive: true, force: true });
    if (!outcome.ok) throw new Error(`the stack could not be destroyed:\n${outcome.messages}`);
  }

  /** Any other command of the CLI. @throws when it fails */
  async cli(...args: string[]): Promise<string> {
    const named = args[0] === "stack" && args[1] === "init" ? [] : ["--stack", "dev"];
    const { stdout } = await run("pulumi", [...args, ...named, "--non-interactive", "--color", "never"], {
      env: this.environment,
      cwd: this.folder,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      ...pulumiEnvironment({ root }),
      PULUMI_BACKEND_URL: `file://${this.folder}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_DEBUG_PROVIDERS: `${this.#provider}:${this.#port}`,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
  }
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
}

interface Line {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly diagnosticEvent?: { readonly severity: string; readonly prefix?: string; readonly message: string };
  readonly steps?: readonly Metadata[];
  readonly diagnostics?: readonly { readonly severity: string; readonly prefix?: string; readonly message: string }[];
}

/** A preview says everything in one document, any other operation an event a line. */
function outcomeOf(ok: boolean, output: string, errors: string): Outcome {
  const lines = documents(output);
  const metadata = lines.flatMap((line) => [
    ...(line.steps ?? []),
    ...(line.resourcePreEvent ? [line.resourcePreEvent.metadata] : []),
  ]);
  const diagnostics = lines.flatMap((line) => [
    ...(line.diagnostics ?? []),
    ...(line.diagnosticEvent ? [line.diagnosticEvent] : []),
  ]);
  const parts = ["create-replacement", "delete-replaced", "discard-replaced", "same", "refresh"];
  return {
    ok,
    steps: metadata
      .filter(({ op, urn }) => !parts.includes(op) && !urn.includes("pulumi:pulumi:Stack"))
      .map(({ op, urn, detailedDiff }) => {
        const changed = Object.keys(detailedDiff ?? {}).sort();
        return `${op} ${nameOf(urn)}${changed.length === 0 ? "" : `: ${changed.join(", ")}`}`;
      }),
    messages: [
      ...diagnostics
        .filter(({ severity }) => severity === "warning" || severity === "error")
        .map(({ severity, message }) => `${severity}: ${message.replaceAll(/<\{%[^%]*%\}>/g, "")}`),
      errors,
    ].join("\n"),
  };
}

function documents(output: string): Line[] {
  try {
    return [JSON.parse(output) as Line];
  } catch {
    return output.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Line] : []));
  }
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/**
 * A tiny image from this machine's own tools, so that no registry is needed: a shell, a few commands and what they link.
 * It has a variable, a label and a working folder of its own, to be told from a container's.
 * @returns its name
 */
export async function tinyImage(): Promise<string> {
  const name = "retrofit-test/tiny:1";
  if (await docker("images", "--quiet", name)) return name;
  const folder = await mkdtemp(join(tmpdir(), "retrofit-tiny-"));
  const archive = `${folder}.tar`;
  try {
    const commands = ["sh", "sleep", "cat", "true", "false", "ls", "id", "env", "stat", "mkdir", "touch", "echo"];
    for (const command of commands) await addProgram(folder, command);
    await mkdir(join(folder, "tmp"));
    await mkdir(join(folder, "etc"), { recursive: true });
    await writeFile(join(folder, "etc", "passwd"), "root:x:0:0:root:/:/bin/sh\nuser:x:1000:1000:user:/:/bin/sh\n");
    await writeFile(join(folder, "etc", "group"), "root:x:0:\nuser:x:1000:\nextra:x:7:user\n");
    await mkdir(join(folder, "full"));
    await writeFile(join(folder, "full", "file"), "from the image\n");
    await run("tar", ["-C", folder, "-cf", archive, "."]);
    const changes = ['CMD ["sleep", "3600"]', "ENV INHERITED=yes", "LABEL inherited=yes", "WORKDIR /tmp"];
    await docker("import", ...changes.flatMap((change) => ["--change", change]), archive, name);
    return name;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(archive, { force: true });
  }
}

async function addProgram(folder: string, command: string): Promise<void> {
  const path = (await run("sh", ["-c", `command -v -p ${command} || which ${command}`])).stdout.trim();
  const program = path.startsWith("/") ? path : `/bin/${command}`;
  const { stdout } = await run("ldd", [program]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library as string);
  await mkdir(join(folder, "bin"), { recursive: true });
  await cp(program, join(folder, "bin", command), { dereference: true });
  for (const library of libraries) {
    await mkdir(join(folder, dirname(library)), { recursive: true });
    await copyFile(library, join(folder, library));
  }
}
