import { cp } from "node:fs/promises";
import { join } from "node:path";
import { root, TestStack } from "../test/support/stack.ts";
import { pulumiEnvironment } from "../tools/environment.mjs";
import { freePort } from "../tools/freePort.mjs";
import { measure, type Run } from "./measure.ts";

type Target = "docker" | "gcp" | "aws";

/** What an embedded cloud is told beside the app. */
const clouds = {
  gcp: { "gcp:project": `bench-${process.pid}` },
  aws: { "aws:region": "eu-central-1", "aws:allowedAccountIds": ["123456789012"] },
};

async function configurationOf(target: Target) {
  if (target === "docker") return { target, environment: { HTTP_PORT: await freePort() } };
  return {
    target,
    ...clouds[target],
    embedded: true,
    destroyContent: true,
    environment: { HTTP_PORT: 80 },
    volumes: { uploads: { storage: "bucket" } },
  };
}

/** flask-upload-demo behind nginx, from a copy of its sources, deployed by a stack of its own; a cloud is the embedded one. */
export async function deployedDemo(target: Target) {
  const config = await configurationOf(target);
  const stack = await TestStack.create({ ...config, app: "" });
  const app = join(stack.folder, "app");
  await cp(join(root, "docker/flask-upload-demo"), app, { recursive: true });
  await stack.configure({ ...config, app: join(app, "nginx") });
  const outcome = await stack.up();
  if (!outcome.ok) throw new Error(outcome.messages);
  const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, RETROFIT_CLOUD_FOLDER, RETROFIT_AWS_FOLDER } =
    stack.environment;
  // For the project's own command, which attaches providers itself.
  const environment = {
    ...pulumiEnvironment({ root }),
    PULUMI_BACKEND_URL,
    PULUMI_CONFIG_PASSPHRASE,
    RETROFIT_CLOUD_FOLDER,
    RETROFIT_AWS_FOLDER,
  };
  const which = ["--stack", stack.name, "--config-file", stack.configFile];
  const command = (...words: string[]): Promise<Run> =>
    measure("node", ["tools/pulumi.mjs", ...words, ...which], environment, root);
  return {
    stack,
    app,
    url: async () => ((await stack.outputs()) as { url: string }).url,
    environment,
    preview: () => command("preview"),
    plainPreview: () => measure("pulumi", ["preview", ...which], stack.environment, root),
    up: () => command("up", "--yes", "--skip-preview"),
    destroy: () => command("destroy", "--yes", "--skip-preview"),
  };
}
