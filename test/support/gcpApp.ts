import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { PlainMap } from "../../embedded/core/value.ts";
import { gcpClient } from "../../embedded/gcp/client.ts";
import { CloudApp } from "./cloudApp.ts";
import { eventually } from "./eventually.ts";

/** Milliseconds for the first deployment with a bucket: gcsfuse is compiled where the builder has not done so before. */
export const compileTime = 20 * 60_000;

/** A VM as the embedded cloud's `status` tells it. */
interface Instance {
  readonly status: string;
  /** None while it is off. */
  readonly container?: string;
}

/** An app on a VM of an embedded Google Cloud of its own. */
export class GcpApp extends CloudApp {
  static readonly where = {
    target: "gcp",
    embedded: true,
    "gcp:project": `test-${process.pid}`,
    "gcp:zone": "us-east1-b",
  } as const;
  protected readonly target = "gcp";
  protected readonly client = gcpClient(this.stack.cloudFolder);
  /** Id of the project. */
  readonly project = GcpApp.where["gcp:project"];

  async http(): Promise<string> {
    const { address } = (await this.stack.outputs()) as { address: string };
    return `http://${address}`;
  }

  /**
   * Makes or deletes a resource as somebody does by hand, in the console.
   * @param type such as `gcp:storage/bucket:Bucket`
   */
  async byHand(operation: "create" | "delete", type: string, more: { id?: string; inputs?: PlainMap }): Promise<void> {
    const { "gcp:zone": zone } = GcpApp.where;
    const place = { project: this.project, region: "us-east1", zone, defaultLabels: {}, attribution: true };
    const asked = { kind: "resource", operation, type, urn: "", name: "", inputs: {}, place, ...more } as const;
    await this.client.ask(asked);
  }

  /** What the cloud says of its VMs. Unlike the command line it takes no time to be started. */
  async statuses(): Promise<readonly string[]> {
    return (await this.#instances()).map(({ status }) => status);
  }

  /** Runs a script in the VM and gives its output. @throws with all that it said when it fails */
  async inside(script: string): Promise<string> {
    const { stdout } = await promisify(execFile)("docker", ["exec", await this.machine(), "bash", "-c", script], {
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
    return (await this.#instances())[0]?.container ?? "";
  }

  async #instances(): Promise<readonly Instance[]> {
    const status = await this.client.ask({ kind: "control", command: "status", args: [] });
    return (status as { instances: readonly Instance[] }).instances;
  }
}
