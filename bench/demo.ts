import { cp } from "node:fs/promises";
import { join } from "node:path";
import { freePort, root, TestStack } from "../test/support/stack.ts";
import { pulumiEnvironment } from "../tools/environment.mjs";

/** flask-upload-demo behind nginx, from a copy of its sources, deployed on Docker by a stack of its own. */
export async function deployedDemo() {
  const port = await freePort();
  const stack = await TestStack.create({ app: "", environment: { HTTP_PORT: port } });
  const app = join(stack.folder, "app");
  await cp(join(root, "docker/flask-upload-demo"), app, { recursive: true });
  await stack.configure({ app: join(app, "nginx"), environment: { HTTP_PORT: port } });
  const outcome = await stack.up();
  if (!outcome.ok) throw new Error(outcome.messages);
  const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE } = stack.environment;
  return {
    stack,
    app,
    http: `http://127.0.0.1:${port}/`,
    /** For the project's own command, which attaches providers itself. */
    environment: { ...pulumiEnvironment({ root }), PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE },
  };
}
