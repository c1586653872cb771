import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Attached, attachProviders, pulumiEnvironment } from "../../tools/environment.mjs";
import { keptResources, stateFile } from "./keptState.ts";

export const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** What one command of the CLI did. */
export interface Outcome {
  readonly ok: boolean;
  /** Everything that was said, errors and warnings, in order. */
  readonly messages: string;
  /** How many resources each operation touched: `{ create: 5 }`, `{ same: 5 }`, ... */
  readonly changes: Readonly<Record<string, number>>;
  /** Operations that are not `same`, as `replace flask-upload-demo-web`. */
  readonly steps: readonly string[];
}

/** Where the CLI runs. */
export interface Place {
  /** Command that starts another there, such as `["nsenter", ...]`. */
  readonly launcher: readonly string[];
  /** Added to the environment. */
  readonly environment: NodeJS.ProcessEnv;
}

const here: Place = { launcher: [], environment: {} };

/** A stack of the whole program on the real engine, with a state and configuration of its own. */
export class TestStack {
  readonly name: string;
  /** Folder of the state and the configuration file; gone with the stack. */
  readonly folder: string;
  readonly #providers: Attached;
  readonly #place: Place;

  private constructor(name: string, folder: string, providers: Attached, place: Place) {
    this.name = name;
    this.folder = folder;
    this.#providers = providers;
    this.#place = place;
  }

  /**
   * @param config by key, such as `{ app: "hello-world", "gcp:project": "shop", environment: { HTTP_PORT: 8080 } }`; those
   * without a namespace are the program's own
   */
  static async create(config: Readonly<Record<string, unknown>>, place = here): Promise<TestStack> {
    const folder = await mkdtemp(join(tmpdir(), "retrofit-test-"));
    const providers = await attachProviders({
      root,
      env: { ...process.env, ...place.environment, ...cloudFolders(join(folder, "cloud")) },
      clouds: config.embedded === true ? [String(config.target)] : [],
    });
    const stack = new TestStack(`t${folder.slice(-6).toLowerCase()}`, folder, providers, place);
    await stack.configure(config);
    await stack.#init();
    return stack;
  }

  /** Replace the plain configuration; secrets set before are gone. */
  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    const whole = { target: "docker", builder: "retrofit", ...config };
    const keys = Object.entries(whole).map(([key, value]) => [key.includes(":") ? key : `retrofit:${key}`, value]);
    // JSON is YAML.
    await writeFile(this.configFile, JSON.stringify({ config: Object.fromEntries(keys) }));
  }

  /** Set one secret, such as `secrets.DBPASS`. */
  async secret(path: string, value: string): Promise<void> {
    // Not `set`, which takes a PEM text for a flag.
    const pair = `retrofit:${path}=${value}`;
    await this.cli("config", "set-all", "--path", "--secret", pair, "--config-file", this.configFile);
  }

  /** Where the embedded cloud of this stack alone keeps everything. */
  get cloudFolder(): string {
    return join(this.folder, "cloud");
  }

  /** Where the program puts together what the stack's images are built from. */
  get contexts(): string {
    return join(root, ".retrofit", "contexts", this.name);
  }

  get configFile(): string {
    return join(this.folder, "Pulumi.test.yaml");
  }

  up(...options: string[]): Promise<Outcome> {
    return this.#operate("up", "--yes", "--skip-preview", ...options);
  }

  preview(...options: string[]): Promise<Outcome> {
    return this.#operate("preview", ...options);
  }

  destroy(...options: string[]): Promise<Outcome> {
    return this.#operate("destroy", "--yes", "--skip-preview", ...options);
  }

  /** As the state has them, secrets encrypted. */
  async outputs(): Promise<Record<string, unknown>> {
    const resources = await keptResources(this.#stateFile);
    return resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  }

  /** The state as it is kept, secrets encrypted. */
  async state(): Promise<string> {
    return readFile(this.#stateFile, "utf8");
  }

  get #stateFile(): string {
    return stateFile(this.folder, "retrofit", this.name);
  }

  /** Destroy what may be left, and the stack with it. For `afterAll`. */
  async remove(): Promise<void> {
    if (!existsSync(this.folder)) return;
    const outcome = await this.destroy();
    await this.discard();
    if (!outcome.ok) throw new Error(`the stack could not be destroyed:\n${outcome.messages}`);
  }

  /** Forget the stack, whatever it has deployed. */
  async discard(): Promise<void> {
    await this.#providers.close();
    // A cloud that is about to end may still write into its own.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
    await rm(this.contexts, { recursive: true, force: true });
  }

  /** Any other command of the CLI on this stack; answers what it printed. @throws when it fails */
  cli(...args: string[]): Promise<string> {
    return this.#run(root, ...args, "--stack", this.name);
  }

  /** The environment in which the CLI works on this stack. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...pulumiEnvironment({ root }),
      ...this.#providers.env,
      ...cloudFolders(this.cloudFolder),
      ...this.#place.environment,
      PULUMI_BACKEND_URL: `file://${this.folder}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
    };
  }

  /** Start an operation that the test may want to kill; `done` resolves when it has ended. */
  start(...args: string[]): { readonly pid: number; readonly done: Promise<Outcome> } {
    const [command, ...launched] = this.#command();
    const child = spawn(
      command,
      [
        ...launched,
        ...args,
        "--stack",
        this.name,
        "--config-file",
        this.configFile,
        "--json",
        "--non-interactive",
        "--cwd",
        root,
      ],
      { env: this.environment, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    let errors = "";
    // A character may lie in two pieces.
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      errors += data;
    });
    const done = new Promise<Outcome>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(outcomeOf(code === 0, output, errors)));
    });
    return { pid: child.pid as number, done };
  }

  #command(): readonly [string, ...string[]] {
    const [first, ...rest] = this.#place.launcher;
    return first === undefined ? ["pulumi"] : [first, ...rest, "pulumi"];
  }

  /** Not beside the program, where the CLI would leave the salt of a new stack in a file that other tests see come and go. */
  async #init(): Promise<void> {
    const project = join(this.folder, "project");
    await mkdir(project);
    await copyFile(join(root, "Pulumi.yaml"), join(project, "Pulumi.yaml"));
    await this.#run(project, "stack", "init", this.name);
  }

  async #run(folder: string, ...args: string[]): Promise<string> {
    const [command, ...launched] = this.#command();
    const words = [...launched, ...args, "--non-interactive", "--color", "never", "--cwd", folder];
    return (await run(command, words, { env: this.environment, maxBuffer: 64 * 1024 * 1024 })).stdout;
  }

  #operate(...args: string[]): Promise<Outcome> {
    return this.start(...args).done;
  }
}

/** Where an embedded cloud keeps everything, whichever it is. */
function cloudFolders(folder: string): NodeJS.ProcessEnv {
  return { RETROFIT_CLOUD_FOLDER: folder, RETROFIT_AWS_FOLDER: folder };
}

/** Docker's own command line; answers what it printed, without the last line's end. */
export async function docker(...args: string[]): Promise<string> {
  return (await run("docker", args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trimEnd();
}

/** The container of a stack's service. */
export async function containerOf(stack: TestStack, service: string): Promise<string> {
  const filters = [`label=retrofit.stack=retrofit/${stack.name}`, `label=retrofit.service=${service}`];
  return docker("ps", "--all", "--quiet", "--no-trunc", ...filters.flatMap((filter) => ["--filter", filter]));
}

/** What the CLI says with `--json`: a preview in one document, anything else an event a line. */
interface Report {
  readonly steps?: readonly Step[];
  readonly diagnostics?: readonly Diagnostic[];
  readonly changeSummary?: Readonly<Record<string, number>>;
}

interface Event {
  readonly resourcePreEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: Diagnostic;
  readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>> };
}

interface Step {
  readonly op: string;
  readonly urn: string;
}

interface Diagnostic {
  readonly severity: string;
  readonly prefix?: string;
  readonly message: string;
}

function outcomeOf(ok: boolean, output: string, errors: string): Outcome {
  const { steps = [], diagnostics = [], changeSummary = {} } = reportOf(output);
  return {
    ok,
    messages:
      diagnostics
        .filter(({ severity }) => severity === "warning" || severity === "error")
        .map(({ prefix = "", message }) => prefix + message)
        .join("") + errors,
    changes: changeSummary,
    steps: steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`),
  };
}

function reportOf(output: string): Report {
  try {
    return JSON.parse(output);
  } catch {
    const events = output.split("\n").flatMap((line): Event[] => (line.startsWith("{") ? [JSON.parse(line)] : []));
    return {
      steps: events.flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [resourcePreEvent.metadata] : [])),
      diagnostics: events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? [diagnosticEvent] : [])),
      changeSummary: events.find(({ summaryEvent }) => summaryEvent)?.summaryEvent?.resourceChanges ?? {},
    };
  }
}
