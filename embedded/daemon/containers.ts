/** What every cloud asks of the engine that runs its containers. */
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type Docker from "dockerode";

/** Makes of the engine's answers with these statuses no error. */
export function unless(...statuses: number[]) {
  return (error: { statusCode?: number }): void => {
    if (!statuses.includes(error.statusCode ?? 0)) throw error;
  };
}

/** What the engine said, without what its client puts before. */
export function words(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return (json?.message ?? message ?? String(error)).replace(/^\(HTTP code \d+\)[^-]*- /, "").trim();
}

/** Runs a command in a running container and gives what it said. @throws with the last of it when it fails */
export async function runIn(docker: Docker, container: string, command: readonly string[]): Promise<string> {
  const exec = await docker.getContainer(container).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const { all } = await outputOf(docker, await exec.start({}));
  return checked((await exec.inspect()).ExitCode ?? 0, all, all);
}

/** What runs once. */
export interface Once {
  readonly image: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Beside that it has no network. */
  readonly host?: Docker.HostConfig;
}

/** Runs a command in a container of its own, which is gone afterwards, and gives its output. @throws with what it said when it fails */
export async function runOnce(docker: Docker, { image, command, labels, host }: Once): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: [...command],
    Labels: { ...labels },
    HostConfig: { NetworkMode: "none", ...host },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    const logs = await container.logs({ stdout: true, stderr: true, follow: true });
    const { output, all } = await outputOf(docker, logs);
    return checked(StatusCode, output, all);
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

/**
 * Tells of what happens to containers, until the signal is aborted.
 * @param what events and labels
 * @param tell the event, and the container's labels and what else Docker says of it
 * @param lost the engine has gone away: listen again later
 */
export async function watchContainers(
  docker: Docker,
  what: { readonly event: string[]; readonly label: string[] },
  tell: (event: string, attributes: Readonly<Record<string, string>>) => void,
  lost: () => void,
  signal: AbortSignal,
): Promise<void> {
  const events = (await docker.getEvents({
    filters: { type: ["container"], ...what },
  })) as NodeJS.ReadableStream & { destroy(): void };
  signal.addEventListener("abort", () => events.destroy(), { once: true });
  let rest = "";
  events.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text.trim() !== "")) {
      const { Action, Actor } = JSON.parse(line) as { Action: string; Actor: { Attributes: Record<string, string> } };
      tell(Action, Actor.Attributes);
    }
  });
  events.on("error", () => undefined);
  events.on("close", () => signal.aborted || lost());
}

/** What a container's stream carries: its standard output, and all that it said in order. */
async function outputOf(docker: Docker, stream: NodeJS.ReadableStream): Promise<{ output: string; all: string }> {
  const output: Buffer[] = [];
  const all: Buffer[] = [];
  docker.modem.demuxStream(stream, into(output, all), into(all));
  await finished(stream, { writable: false });
  return { output: Buffer.concat(output).toString(), all: Buffer.concat(all).toString() };
}

function into(...lists: Buffer[][]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const list of lists) list.push(chunk);
      done();
    },
  });
}

function checked(exitCode: number, output: string, all: string): string {
  if (exitCode === 0) return output;
  throw new Error(all.trim().split("\n").slice(-10).join("\n") || `exit code ${exitCode}`);
}
