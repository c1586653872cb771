import type Docker from "dockerode";
import { awsRuntimeImage } from "../../../tools/steps/awsRuntime.mjs";

/** The image of what the runtime itself runs. @throws with the mend where tasks cannot run on this engine */
export async function runtimeImage(docker: Docker): Promise<string> {
  await checkEngine(docker);
  const image = awsRuntimeImage();
  try {
    await docker.getImage(image).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    throw new Error(`${image} is not on this machine's engine: make it by npm run setup -- aws-runtime`);
  }
  return image;
}

async function checkEngine(docker: Docker): Promise<void> {
  const info = (await docker.info()) as { OperatingSystem: string; SecurityOptions?: readonly string[] };
  const rootless = info.SecurityOptions?.some((option) => option.includes("rootless"));
  if (!rootless && !info.OperatingSystem.startsWith("Docker Desktop")) return;
  throw new Error(
    `the embedded cloud's tasks cannot run on ${rootless ? "a rootless Docker engine" : "Docker Desktop"}, whose networks this machine does not reach: use a Docker engine that runs as root on this Linux, by DOCKER_HOST`,
  );
}
