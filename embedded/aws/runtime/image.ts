import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { pack } from "tar-stream";

const recipe = join(import.meta.dirname, "image", "Dockerfile");

/** The image of what the runtime itself runs, by what its recipe says. */
function runtimeImage(): string {
  const hash = createHash("sha256").update(readFileSync(recipe)).digest("hex");
  return `retrofit-aws-runtime:${hash.slice(0, 12)}`;
}

/** @throws with the mend where tasks cannot run on this engine */
export async function checkEngine(docker: Docker): Promise<void> {
  const info = (await docker.info()) as { OperatingSystem: string; SecurityOptions?: readonly string[] };
  const rootless = info.SecurityOptions?.some((option) => option.includes("rootless"));
  if (!rootless && !info.OperatingSystem.startsWith("Docker Desktop")) return;
  throw new Error(
    `the embedded cloud's tasks cannot run on ${rootless ? "a rootless Docker engine" : "Docker Desktop"}, whose networks this machine does not reach: use a Docker engine that runs as root on this Linux, by DOCKER_HOST`,
  );
}

/** Builds it where it is not there: half a minute, of Debian's packages. @throws with the end of the build's output */
export async function ensureRuntimeImage(docker: Docker, log: (line: string) => void): Promise<string> {
  const name = runtimeImage();
  const there = await docker
    .getImage(name)
    .inspect()
    .then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode !== 404) throw error;
        return false;
      },
    );
  if (there) return name;
  log(`building ${name}`);
  const context = pack();
  context.entry({ name: "Dockerfile" }, readFileSync(recipe));
  context.finalize();
  const output = await docker.buildImage(context, { t: name, forcerm: true });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      output,
      (error) => (error ? reject(error) : resolve()),
      ({ stream, error }: { stream?: string; error?: string }) => void said.push(stream ?? error ?? ""),
    );
  }).catch((error: Error) => {
    const end = said.join("").trimEnd().split("\n").slice(-15).join("\n");
    throw new Error(`the image of the embedded cloud's tasks cannot be built: ${error.message}\n${end}`);
  });
  return name;
}
