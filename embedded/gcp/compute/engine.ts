import { PassThrough } from "node:stream";
import type Docker from "dockerode";

/** Label of everything that belongs to an embedded cloud; its value is which. */
export const cloudLabel = "retrofit.embedded.gcp";

/** Runs a script in a running container and gives what it said. @throws with the last of it when it fails */
export async function runIn(docker: Docker, container: string, script: string): Promise<string> {
  const exec = await docker.getContainer(container).exec({
    Cmd: ["/bin/bash", "-c", script],
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
  if (ExitCode !== 0) throw new Error(`the machine ${container}: exit code ${ExitCode}\n${tail(text)}`);
  return text;
}

/** Runs a command in a container of its own, which is gone afterwards, and gives its output. */
export async function runOnce(docker: Docker, image: string, script: string, cloud: string): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["/bin/bash", "-c", script],
    Labels: { [cloudLabel]: cloud },
    HostConfig: { NetworkMode: "none" },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    const [output, errors] = [new PassThrough(), new PassThrough()];
    const logs = await container.logs({ stdout: true, stderr: true, follow: true });
    docker.modem.demuxStream(logs, output, errors);
    logs.on("end", () => {
      output.end();
      errors.end();
    });
    const [text, complaint] = await Promise.all([textOf(output), textOf(errors)]);
    if (StatusCode !== 0) throw new Error(`${image}: exit code ${StatusCode}\n${tail(complaint)}`);
    return text;
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

function tail(text: string): string {
  return text.trimEnd().split("\n").slice(-10).join("\n");
}
