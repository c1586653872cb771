import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

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

  async start(container: string): Promise<void> {
    await this.#docker("container", "start", container);
  }

  /** The last lines of what it printed, both streams in order of time. */
  async logs(container: string, lines: number): Promise<string> {
    const { stdout, stderr } = await run(
      "docker",
      [...this.#options, "logs", "--timestamps", "--tail", `${lines}`, container],
      {
        maxBuffer: 16 * 1024 * 1024,
      },
    );
    return `${stdout}${stderr}`
      .split("\n")
      .filter((line) => line !== "")
      .sort()
      .map((line) => line.replace(/^\S+ /, ""))
      .join("\n");
  }

  async #docker(...args: string[]): Promise<string> {
    return (await run("docker", [...this.#options, ...args], { maxBuffer: 16 * 1024 * 1024 })).stdout;
  }
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
