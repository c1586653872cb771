import { parse } from "yaml";
import { awsClient } from "../../embedded/aws/client.ts";
import { CloudApp } from "./cloudApp.ts";
import { eventually } from "./eventually.ts";
import { docker } from "./stack.ts";

/** A task as the embedded cloud's `status` tells it. */
export interface CloudTask {
  readonly id: string;
  readonly lastStatus: string;
  readonly stoppedReason?: string;
  readonly containers: readonly { readonly name: string; readonly exitCode?: number }[];
}

interface Status {
  readonly tasks: readonly (CloudTask & { readonly group: string })[];
  readonly targetGroups: readonly { readonly states: readonly string[] }[];
}

/** An app on ECS of an embedded AWS of its own. */
export class AwsApp extends CloudApp {
  static readonly where = {
    target: "aws",
    embedded: true,
    "aws:region": "eu-central-1",
    "aws:allowedAccountIds": ["123456789012"],
  } as const;
  protected readonly target = "aws";
  protected readonly client = awsClient(this.stack.cloudFolder);
  protected override readonly commandEnvironment = { AWS_REGION: AwsApp.where["aws:region"] };
  /** Cluster that has been given machines. */
  #cluster: string | undefined;

  async http(): Promise<string> {
    const { url } = (await this.stack.outputs()) as { url: string };
    return url.replace(/\/$/, "");
  }

  /** A machine for the launch type EC2. @returns the configuration with which the app runs there */
  async machine(cluster: string, cpu: number, memory: number): Promise<Readonly<Record<string, unknown>>> {
    this.#cluster = cluster;
    return parse(await this.cloud("capacity", cluster, "1", `${cpu}`, `${memory}`));
  }

  /** Take all machines away again, once the app is destroyed. */
  async dismantle(): Promise<void> {
    if (this.#cluster !== undefined) await this.cloud("capacity", this.#cluster, "0");
    this.#cluster = undefined;
  }

  override async remove(): Promise<void> {
    // With machines the cloud would not end.
    if (this.#cluster !== undefined && (await this.stack.destroy()).ok) await this.dismantle();
    await super.remove();
  }

  /** The tasks of a service, those too that have stopped lately. */
  async tasks(service: string): Promise<readonly CloudTask[]> {
    const { tasks } = await this.#status();
    return tasks.filter(({ group }) => group === `service:${service}`);
  }

  /** Ids of the tasks of a service, once so many run and no others. */
  running(service: string, count = 1): Promise<string[]> {
    return eventually(async () => {
      const live = (await this.tasks(service)).filter(({ lastStatus }) => lastStatus !== "STOPPED");
      const told = `${service} is to run ${count} tasks: ${JSON.stringify(live)}`;
      if (live.length !== count || live.some(({ lastStatus }) => lastStatus !== "RUNNING")) throw new Error(told);
      return live.map(({ id }) => id).sort();
    }, 600);
  }

  /** What the load balancers find of their targets: `healthy`, `initial`, ... */
  async targets(): Promise<readonly string[]> {
    return (await this.#status()).targetGroups.flatMap(({ states }) => states);
  }

  /** Docker's id of a task's container. */
  async container(task: string, name: string): Promise<string> {
    const labels = { task, container: name };
    const filters = Object.entries(labels).map(([key, value]) => `label=retrofit.embedded.aws.${key}=${value}`);
    return docker("ps", "--all", "--quiet", "--no-trunc", ...filters.flatMap((filter) => ["--filter", filter]));
  }

  async #status(): Promise<Status> {
    return (await this.client.ask({ kind: "control", command: "status", args: [] })) as Status;
  }
}
