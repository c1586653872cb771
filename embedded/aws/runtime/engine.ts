import { PassThrough } from "node:stream";
import type Docker from "dockerode";

/** Label of everything that belongs to an embedded cloud; its value is which. */
export const cloudLabel = "retrofit.embedded.aws";
/** Labels of a task's containers and volumes: the task's id, and the container's name in its definition. */
export const taskLabel = "retrofit.embedded.aws.task";
export const containerLabel = "retrofit.embedded.aws.container";

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

/** Runs a script in a running container. @throws with what it said when it fails */
export async function runIn(docker: Docker, container: string, script: string): Promise<void> {
  const exec = await docker.getContainer(container).exec({
    Cmd: ["/bin/sh", "-c", script],
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({});
  const output = new PassThrough();
  docker.modem.demuxStream(stream, output, output);
  stream.on("end", () => output.end()).on("error", (error) => output.destroy(error));
  let text = "";
  for await (const chunk of output) text += chunk;
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(text.trim());
}

/** Runs a script in a container of its own that is gone afterwards. @throws with what it said when it fails */
export async function runOnce(
  docker: Docker,
  options: { image: string; cloud: string; script: string; binds: readonly string[] },
): Promise<void> {
  const container = await docker.createContainer({
    Image: options.image,
    Entrypoint: ["/bin/sh", "-c", options.script],
    Labels: { [cloudLabel]: options.cloud },
    HostConfig: {
      NetworkMode: "none",
      Binds: [...options.binds],
      // To take off what is mounted.
      CapAdd: ["SYS_ADMIN"],
      SecurityOpt: ["apparmor=unconfined", "label=disable"],
    },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    if (StatusCode === 0) return;
    const said = await container.logs({ stdout: true, stderr: true });
    throw new Error(
      said
        .toString()
        .replaceAll(/[^\x20-\x7e\n]/g, "")
        .trim(),
    );
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

/**
 * Tells of all that happens to a cloud's containers, until the signal is aborted.
 * @param tell task's id and container's name in its definition
 * @param lost the engine has gone away: listen again later
 */
export async function watch(
  docker: Docker,
  cloud: string,
  tell: (task: string, container: string) => void,
  lost: () => void,
  signal: AbortSignal,
): Promise<void> {
  const events = (await docker.getEvents({
    filters: {
      type: ["container"],
      event: ["start", "die", "oom", "destroy", "health_status"],
      label: [`${cloudLabel}=${cloud}`, taskLabel],
    },
  })) as NodeJS.ReadableStream & { destroy(): void };
  signal.addEventListener("abort", () => events.destroy(), { once: true });
  let rest = "";
  events.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text.trim() !== "")) {
      const { Actor } = JSON.parse(line) as { Actor: { Attributes: Record<string, string> } };
      tell(Actor.Attributes[taskLabel] ?? "", Actor.Attributes[containerLabel] ?? "");
    }
  });
  events.on("error", () => undefined);
  events.on("close", () => signal.aborted || lost());
}
