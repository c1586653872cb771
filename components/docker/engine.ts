import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const maxBuffer = 16 * 1024 * 1024;

/** What the engine says of a container; the part that a release depends on. */
export interface ContainerState {
  readonly name: string;
  /** `created`, `running`, `restarting`, `exited`, ... */
  readonly status: string;
  readonly exitCode: number;
  /** What the engine itself has to say, such as a command that it did not find. */
  readonly error: string;
  readonly oomKilled: boolean;
  readonly restarts: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** `starting`, `healthy`, `unhealthy`; absent where neither compose file nor image has a health check. */
  readonly health?: string;
  /** What the last health check printed. */
  readonly lastCheck?: string;
  /** Id of the image that it runs. */
  readonly imageId: string;
}

/** A container that runs, or is to. */
export interface Publisher {
  readonly name: string;
  /** Stack that it belongs to, as `project/stack`; empty where it is none of ours. */
  readonly stack: string;
  readonly ports: readonly number[];
  /** Between two starts, as it crashes: its ports are not shown then. */
  readonly restarting: boolean;
}

/** A container of a stack. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  /** As in ContainerState. */
  readonly status: string;
}

/** The Docker engine as its own command line reaches it: contexts, ssh and TLS as the user has them set up. */
export class Engine {
  readonly #options: readonly string[];

  /** @param host address such as `ssh://user@host`; @default what Docker's command line uses */
  constructor(host?: string) {
    this.#options = host === undefined ? [] : ["--host", host];
  }

  async state(container: string): Promise<ContainerState> {
    const [inspected] = JSON.parse(await this.#docker("container", "inspect", container)) as [Inspected];
    const { State: state } = inspected;
    return {
      name: inspected.Name.replace(/^\//, ""),
      status: state.Status,
      exitCode: state.ExitCode,
      error: state.Error,
      oomKilled: state.OOMKilled,
      restarts: inspected.RestartCount,
      startedAt: Date.parse(state.StartedAt),
      health: state.Health?.Status,
      lastCheck: state.Health?.Log?.at(-1)?.Output.trim(),
      imageId: inspected.Image,
    };
  }

  async publishers(): Promise<Publisher[]> {
    const format = '{{.Names}}\t{{.Label "retrofit.stack"}}\t{{.Ports}}\t{{.State}}';
    const lines = (await this.#docker("ps", "--format", format)).split("\n").filter((line) => line !== "");
    return lines.map((line) => {
      const [name = "", stack = "", ports = "", state = ""] = line.split("\t");
      return { name, stack, ports: publishedPorts(ports), restarting: state === "restarting" };
    });
  }

  /** The containers of a stack's services, running or not. */
  async containers(stack: string): Promise<Listed[]> {
    const format = '{{.ID}}\t{{.Names}}\t{{.Label "retrofit.service"}}\t{{.State}}';
    const filter = `label=retrofit.stack=${stack}`;
    const lines = await this.#docker("ps", "--all", "--no-trunc", "--filter", filter, "--format", format);
    return lines.split("\n").flatMap((line) => {
      const [id = "", name = "", service = "", status = ""] = line.split("\t");
      return id === "" ? [] : [{ id, name, service, status }];
    });
  }

  async remove(container: string): Promise<void> {
    await this.#docker("container", "rm", "--force", "--volumes", container);
  }

  async start(container: string): Promise<void> {
    await this.#docker("container", "start", container);
  }

  /** The last lines of what it printed, both streams as they came. */
  async logs(container: string, lines: number): Promise<string> {
    // One pipe for both, or their order is lost.
    const command = ["docker", ...this.#options, "logs", "--tail", `${lines}`, container];
    const { stdout } = await run("sh", ["-c", 'exec "$@" 2>&1', "sh", ...command], { maxBuffer });
    return stdout.trimEnd();
  }

  async #docker(...args: string[]): Promise<string> {
    return (await run("docker", [...this.#options, ...args], { maxBuffer })).stdout;
  }
}

/** The host ports of what `docker ps` prints, such as `127.0.0.1:8080->80/tcp, 0.0.0.0:9000-9002->9000-9002/tcp, 53/udp`. */
export function publishedPorts(text: string): number[] {
  return [...text.matchAll(/:(\d+)(?:-(\d+))?->/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, offset) => Number(first) + offset),
  );
}

/** https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerInspect */
interface Inspected {
  readonly Name: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Error: string;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] };
  };
}
