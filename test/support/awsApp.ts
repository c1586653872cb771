import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { awsClient } from "../../embedded/aws/client.ts";
import { eventually } from "./eventually.ts";
import { leftOf, removeLeft } from "./leftOnDocker.ts";
import { copySources, replaceInFile } from "./sources.ts";
import { docker, type Outcome, root, TestStack } from "./stack.ts";

const cloud = {
  target: "aws",
  embedded: true,
  "aws:region": "eu-central-1",
  "aws:allowedAccountIds": ["123456789012"],
} as const;

/** A task as the embedded cloud's `status` tells it. */
export interface CloudTask {
  readonly id: string;
  readonly lastStatus: string;
  readonly stoppedReason?: string;
  readonly containers: readonly { readonly name: string; readonly exitCode?: number }[];
}

/** An app on ECS of an embedded AWS of its own. */
export class AwsApp {
  readonly stack: TestStack;
  /** The app's folder: a copy, where it was prepared as one. */
  readonly folder: string;
  readonly #config: Readonly<Record<string, unknown>>;
  /** Cluster that has been given machines. */
  #cluster: string | undefined;

  private constructor(stack: TestStack, folder: string, config: Readonly<Record<string, unknown>>) {
    this.stack = stack;
    this.folder = folder;
    // What a test leaves in buckets and file systems is nobody's.
    this.#config = { ...cloud, destroyContent: true, ...config };
  }

  /**
   * An app of docker/, from a copy of its sources, so that a test may change them.
   * @param app folder below docker/, of which all is copied
   * @param config beside target, region, account and HTTP_PORT; `app` is below the copy
   */
  static async prepare(app: string, config: Readonly<Record<string, unknown>> = {}): Promise<AwsApp> {
    const stack = await TestStack.create(cloud);
    const folder = join(stack.folder, "app");
    await copySources(join("docker", app), folder);
    const { app: variant = "", environment = {}, ...rest } = config;
    const deployed = new AwsApp(stack, folder, {
      app: join(folder, variant as string),
      environment: { HTTP_PORT: 80, ...(environment as object) },
      ...rest,
    });
    await deployed.configure();
    return deployed;
  }

  /** An app as it lies there. @param config beside target, region and account */
  static async inPlace(folder: string, config: Readonly<Record<string, unknown>> = {}): Promise<AwsApp> {
    const deployed = new AwsApp(await TestStack.create(cloud), folder, { app: folder, ...config });
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

  /** Where to open the app, without a slash at the end. */
  async http(): Promise<string> {
    const { url } = (await this.stack.outputs()) as { url: string };
    return url.replace(/\/$/, "");
  }

  /** Replace a text in a file of the copy. @throws when the file does not have it */
  edit(file: string, before: string, after: string): Promise<void> {
    return replaceInFile(join(this.folder, file), before, after);
  }

  /** What the command line of the embedded cloud prints: `status`, `logs`, `kill`, `fail`, ... */
  async cloud(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("node", [join(root, "embedded/aws/cli.ts"), ...args], {
      env: { ...this.stack.environment, AWS_REGION: cloud["aws:region"] },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** A machine for the launch type EC2. @returns the configuration with which the app runs there */
  async machine(cluster: string, cpu: number, memory: number): Promise<Readonly<Record<string, unknown>>> {
    const printed = await this.cloud("capacity", cluster, "1", `${cpu}`, `${memory}`);
    this.#cluster = cluster;
    return parse(printed);
  }

  /** Take the machine away again. */
  async dismantle(): Promise<void> {
    if (this.#cluster === undefined) return;
    await this.cloud("capacity", this.#cluster, "0");
    this.#cluster = undefined;
  }

  /** The tasks of a service, those too that have stopped lately. */
  async tasks(service: string): Promise<readonly CloudTask[]> {
    const command = { kind: "control", command: "status", args: [] } as const;
    const { tasks } = (await awsClient(this.stack.cloudFolder).ask(command)) as {
      tasks: readonly (CloudTask & { readonly group: string })[];
    };
    return tasks.filter(({ group }) => group === `service:${service}`);
  }

  /** Ids of the tasks of a service, once so many run and no others. */
  running(service: string, count = 1, seconds = 60): Promise<string[]> {
    return eventually(async () => {
      const live = (await this.tasks(service)).filter(({ lastStatus }) => lastStatus !== "STOPPED");
      const told = `${service} is to run ${count} tasks: ${JSON.stringify(live)}`;
      if (live.length !== count || live.some(({ lastStatus }) => lastStatus !== "RUNNING")) throw new Error(told);
      return live.map(({ id }) => id).sort();
    }, seconds);
  }

  /** Docker's id of a task's container. */
  async container(task: string, name: string): Promise<string> {
    const labels = { task, container: name };
    const filters = Object.entries(labels).map(([key, value]) => `label=retrofit.embedded.aws.${key}=${value}`);
    return docker("ps", "--all", "--quiet", "--no-trunc", ...filters.flatMap((filter) => ["--filter", filter]));
  }

  /** What Docker still has of its cloud. */
  left(): Promise<string[]> {
    return leftOf("aws", this.stack.cloudFolder);
  }

  /** Destroys it, and the embedded cloud with it: by force what a failed test has left so that it cannot be destroyed. */
  async remove(): Promise<void> {
    const { cloudFolder } = this.stack;
    if (awsClient(cloudFolder).isRunning()) await this.cloud("heal");
    const { ok, messages } = await this.stack.destroy();
    if (ok) await this.dismantle();
    else {
      await awsClient(cloudFolder).stop();
      await removeLeft("aws", cloudFolder);
    }
    await this.stack.discard();
    if (!ok) throw new Error(`the stack could not be destroyed:\n${messages}`);
  }
}
