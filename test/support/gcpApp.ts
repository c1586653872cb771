import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { PlainMap } from "../../embedded/core/value.ts";
import { gcpClient } from "../../embedded/gcp/client.ts";
import { eventually } from "./eventually.ts";
import { removeLeft } from "./leftOnDocker.ts";
import { copySources, replaceInFile } from "./sources.ts";
import { type Outcome, root, TestStack } from "./stack.ts";

const run = promisify(execFile);

/** Milliseconds for the first deployment with a bucket: gcsfuse is compiled where the builder has not done so before. */
export const compileTime = 20 * 60_000;

const cloud = {
  target: "gcp",
  embedded: true,
  "gcp:project": `test-${process.pid}`,
  "gcp:zone": "us-east1-b",
} as const;

/** An app on a VM of an embedded Google Cloud of its own. */
export class GcpApp {
  readonly stack: TestStack;
  /** The app's folder: a copy, where it was prepared as one. */
  readonly folder: string;
  /** Id of the project. */
  readonly project: string;
  readonly #config: Readonly<Record<string, unknown>>;

  private constructor(stack: TestStack, folder: string, config: Readonly<Record<string, unknown>>) {
    this.stack = stack;
    this.folder = folder;
    this.project = cloud["gcp:project"];
    // What a test leaves in buckets and disks is nobody's.
    this.#config = { ...cloud, destroyContent: true, ...config };
  }

  /**
   * An app of docker/, from a copy of its sources, so that a test may change them.
   * @param app folder below docker/, of which all is copied
   * @param config beside target, project, zone and HTTP_PORT; `app` is below the copy
   */
  static async prepare(app: string, config: Readonly<Record<string, unknown>> = {}): Promise<GcpApp> {
    const stack = await TestStack.create(cloud);
    const folder = join(stack.folder, "app");
    await copySources(join("docker", app), folder);
    const { app: variant = "", environment = {}, ...rest } = config;
    const deployed = new GcpApp(stack, folder, {
      app: join(folder, variant as string),
      environment: { HTTP_PORT: 80, ...(environment as object) },
      ...rest,
    });
    await deployed.configure();
    return deployed;
  }

  /**
   * An app of docker/, from a copy of its sources, as an example stack deploys it.
   * @param stack such as `gcp-containerize`, of which there is a `Pulumi.<stack>.yaml`
   */
  static async example(stack: string): Promise<GcpApp> {
    const { config } = parse(await readFile(join(root, `Pulumi.${stack}.yaml`), "utf8")) as {
      readonly config: Record<string, unknown>;
    };
    const own = Object.entries(config).flatMap(([key, value]) =>
      key.startsWith("retrofit:") ? [[key.slice("retrofit:".length), value] as const] : [],
    );
    const { app, target: _always, ...rest } = Object.fromEntries(own);
    return GcpApp.prepare(app as string, rest);
  }

  /** An app as it lies there. @param config beside target, project and zone */
  static async inPlace(folder: string, config: Readonly<Record<string, unknown>> = {}): Promise<GcpApp> {
    const deployed = new GcpApp(await TestStack.create(cloud), folder, { app: folder, ...config });
    await deployed.configure();
    return deployed;
  }

  /** Go back to the configuration of the start, with something more. */
  configure(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.stack.configure({ ...this.#config, ...more });
  }

  /** @throws with all that was said when it fails */
  async up(...options: string[]): Promise<Outcome> {
    const outcome = await this.stack.up(...options);
    if (!outcome.ok) throw new Error(outcome.messages);
    return outcome;
  }

  /** Address of its plain HTTP port, without a slash at the end. */
  async http(): Promise<string> {
    const { address } = (await this.stack.outputs()) as { address: string };
    return `http://${address}`;
  }

  /** Replace a text in a file of the copy. @throws when the file does not have it */
  edit(file: string, before: string, after: string): Promise<void> {
    return replaceInFile(join(this.folder, file), before, after);
  }

  /**
   * Makes or deletes a resource as somebody does by hand, in the console.
   * @param type such as `gcp:storage/bucket:Bucket`
   */
  async byHand(operation: "create" | "delete", type: string, more: { id?: string; inputs?: PlainMap }): Promise<void> {
    const [region, zone] = ["us-east1", cloud["gcp:zone"]];
    const place = { project: this.project, region, zone, defaultLabels: {}, attribution: true };
    const asked = { kind: "resource", operation, type, urn: "", name: "", inputs: {}, place, ...more } as const;
    await gcpClient(this.stack.cloudFolder).ask(asked);
  }

  /** What the command line of the embedded cloud prints: `kill`, `objects`, `logs`, `fail`, ... */
  async cloud(...args: string[]): Promise<string> {
    const { stdout } = await run("node", [join(root, "embedded/gcp/cli.ts"), ...args], {
      env: this.stack.environment,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Runs a script in the VM and gives its output. @throws with all that it said when it fails */
  async inside(script: string): Promise<string> {
    const { stdout } = await run("docker", ["exec", await this.machine(), "bash", "-c", script], {
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${script}\n${error.stdout}${error.stderr}`);
    });
    return stdout.trimEnd();
  }

  /** What the VM's engine says of the container of a service, by a Go template, once a release before has gone. */
  inspect(service: string, format: string): Promise<string> {
    return eventually(async () => {
      const ids = await this.inside(`docker ps --all --quiet --filter label=retrofit.service=${service}`);
      if (!/^\w+$/.test(ids)) throw new Error(`${service} has not one container, but: ${ids}`);
      return this.inside(`docker inspect --format '${format}' ${ids}`);
    });
  }

  /** The container that is the VM. */
  async machine(): Promise<string> {
    const [, container = ""] = /docker exec -it (\S+)/.exec(await this.cloud("status")) ?? [];
    return container;
  }

  /** Destroys it, and the embedded cloud with it: by force what a failed test has left so that it cannot be destroyed. */
  async remove(): Promise<void> {
    const { cloudFolder } = this.stack;
    const { ok, messages } = await this.stack.destroy();
    if (!ok) {
      await gcpClient(cloudFolder).stop();
      await removeLeft("gcp", cloudFolder);
    }
    await this.stack.discard();
    if (!ok) throw new Error(`the stack could not be destroyed:\n${messages}`);
  }
}
