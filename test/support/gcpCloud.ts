import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Observed } from "../../embedded/core/handler.ts";
import type { PlainMap } from "../../embedded/core/value.ts";
import type { Client } from "../../embedded/daemon/client.ts";
import { gcpClient } from "../../embedded/gcp/client.ts";
import type { LogEntry } from "../../embedded/gcp/logging.ts";
import { kinds } from "../../embedded/gcp/resources/kinds.ts";
import { idOf, leftOf, removeLeft } from "./leftOnDocker.ts";

const run = promisify(execFile);

export const project = "retrofit-test";
export const zone = "us-east1-b";
const place = { project, region: "us-east1", zone, defaultLabels: {}, attribution: true };

/** An embedded cloud of a test's own, with its daemon, and resources made without a program. */
export class TestCloud {
  readonly folder: string;
  readonly client: Client;
  /** As the labels of its containers have it. */
  readonly id: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.client = gcpClient(folder);
    this.id = idOf(folder);
  }

  static async create(): Promise<TestCloud> {
    return new TestCloud(await mkdtemp(join(tmpdir(), "retrofit-cloud-")));
  }

  /** @param noun such as `instance`, `bucket`, `Firewall` */
  create(noun: string, inputs: PlainMap): Promise<Observed> {
    return this.#resource("create", noun, { inputs }) as Promise<Observed>;
  }

  /** A role for a member; `on` is where it is granted. */
  grant(on: "projects" | "storage" | "secretmanager" | "artifactregistry", inputs: PlainMap): Promise<Observed> {
    const type = kinds.find(({ type: each }) => each.startsWith(`gcp:${on}/`) && each.endsWith("Member"))?.type ?? "";
    return this.#ask("create", type, { inputs }) as Promise<Observed>;
  }

  revoke(on: string, id: string): Promise<unknown> {
    const type = kinds.find(({ type: each }) => each.startsWith(`gcp:${on}/`) && each.endsWith("Member"))?.type ?? "";
    return this.#ask("delete", type, { id, inputs: {} });
  }

  read(noun: string, id: string, inputs?: PlainMap): Promise<Observed | undefined> {
    return this.#resource("read", noun, { id, ...(inputs ? { inputs } : {}) }) as Promise<Observed | undefined>;
  }

  update(noun: string, id: string, news: PlainMap): Promise<Observed> {
    return this.#resource("update", noun, { id, inputs: {}, news }) as Promise<Observed>;
  }

  delete(noun: string, id: string, inputs: PlainMap = {}): Promise<unknown> {
    return this.#resource("delete", noun, { id, inputs });
  }

  call(token: string, args: PlainMap): Promise<PlainMap> {
    return this.client.ask({ kind: "function", token, args, place }) as Promise<PlainMap>;
  }

  control(command: string, ...args: string[]): Promise<unknown> {
    return this.client.ask({ kind: "control", command, args });
  }

  /** Lines that containers have printed, by container. */
  async logs(): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    const output = (text: string) => void entries.push(JSON.parse(text) as LogEntry);
    await this.client.ask({ kind: "control", command: "logs", args: ["", project] }, { output });
    return entries;
  }

  /** APIs, an account and the usual rights of an instance. Gives the account's email. */
  async prepare(...apis: string[]): Promise<string> {
    for (const api of ["compute", "iam", ...apis]) await this.create("Service", { service: `${api}.googleapis.com` });
    const account = await this.create("service account", { accountId: "app-account" });
    return account.outputs.email as string;
  }

  /** Runs a script in the only instance and gives its output. @throws with all that it said when it fails */
  async inside(script: string): Promise<string> {
    const words = ["exec", await this.container(), "bash", "-c", script];
    const { stdout } = await run("docker", words, { maxBuffer: 64 * 1024 * 1024 }).catch(
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`${script}\n${error.stdout}${error.stderr}`);
      },
    );
    return stdout.trimEnd();
  }

  /** The container that is the only instance's machine. */
  async container(): Promise<string> {
    const filter = ["--filter", `label=retrofit.embedded.gcp=${this.id}`];
    const { stdout } = await run("docker", ["ps", "--all", "--quiet", ...filter]);
    return stdout.trim();
  }

  /** What Docker still has of it. */
  left(): Promise<string[]> {
    return leftOf("gcp", this.folder);
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    await this.client.stop();
    await removeLeft("gcp", this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  #resource(operation: "create" | "read" | "update" | "delete", noun: string, more: object): Promise<unknown> {
    const kind = kinds.find((each) => each.noun === noun);
    if (kind === undefined) throw new Error(`no kind ${noun}`);
    return this.#ask(operation, kind.type, more);
  }

  #ask(operation: "create" | "read" | "update" | "delete", type: string, more: object): Promise<unknown> {
    return this.client.ask({ kind: "resource", operation, type, urn: `urn:${type}`, name: "test", place, ...more });
  }
}
