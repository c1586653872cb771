import { cp } from "node:fs/promises";
import { join } from "node:path";
import { freePort, root, TestStack } from "../test/support/stack.ts";
import { pulumiEnvironment } from "../tools/environment.mjs";
import { measure, type Run } from "./measure.ts";

/** flask-upload-demo behind nginx, from a copy of its sources, deployed by a stack of its own. @param target `gcp`: the embedded one */
export async function deployedDemo(target: "docker" | "gcp" = "docker") {
  const port = target === "docker" ? await freePort() : 80;
  const cloud = { target, embedded: true, "gcp:project": `bench-${process.pid}`, destroyContent: true };
  const config = {
    ...(target === "docker" ? { target } : cloud),
    environment: { HTTP_PORT: port },
    ...(target === "docker" ? {} : { volumes: { uploads: { storage: "bucket" } } }),
  };
  const stack = await TestStack.create({ ...config, app: "" });
  const app = join(stack.folder, "app");
  await cp(join(root, "docker/flask-upload-demo"), app, { recursive: true });
  await stack.configure({ ...config, app: join(app, "nginx") });
  const outcome = await stack.up();
  if (!outcome.ok) throw new Error(outcome.messages);
  const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, RETROFIT_CLOUD_FOLDER } = stack.environment;
  // For the project's own command, which attaches providers itself.
  const environment = {
    ...pulumiEnvironment({ root }),
    PULUMI_BACKEND_URL,
    PULUMI_CONFIG_PASSPHRASE,
    RETROFIT_CLOUD_FOLDER,
  };
  const command = (...words: string[]): Promise<Run> =>
    measure(
      "node",
      ["tools/pulumi.mjs", ...words, "--stack", stack.name, "--config-file", stack.configFile],
      environment,
      root,
    );
  const { url } = (await stack.outputs()) as { url: string };
  return {
    stack,
    app,
    http: url,
    environment,
    preview: () => command("preview"),
    up: () => command("up", "--yes", "--skip-preview"),
  };
}
