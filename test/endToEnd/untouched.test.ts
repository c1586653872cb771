import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { showsCloudtalents } from "../apps/cloudtalents.ts";
import { showsContainerize } from "../apps/containerize.ts";
import { showsDockerExample } from "../apps/dockerExample.ts";
import { showsFlaskByExample } from "../apps/flaskByExample.ts";
import { showsFlaskUploadDemo } from "../apps/flaskUploadDemo.ts";
import { makeAuthorsFiles } from "../fixtures/untouched/authorsFiles.ts";
import { containerOf, docker, root, TestStack } from "../support/stack.ts";

// Compose files as their authors would have them: no health checks, plain depends_on, fixed ports, no x-retrofit. What they
// do not say is said by the stack's configuration alone.
const fixtures = join(root, "test/fixtures/untouched");
let stack: TestStack;

afterEach(() => stack?.remove());

async function deployed(
  app: string,
  config: Readonly<Record<string, unknown>> = {},
  secrets: Record<string, string> = {},
) {
  stack = await TestStack.create({ app: join(fixtures, app), ...config });
  for (const [name, value] of Object.entries(secrets)) await stack.secret(`secrets.${name}`, value);
  const outcome = await stack.up();
  expect(outcome.ok, outcome.messages).toBe(true);
}

it("deploys flask-upload-demo", async () => {
  await deployed("flask-upload-demo");
  await showsFlaskUploadDemo({ http: "http://127.0.0.1:80" });
});

it("deploys docker-example, whose apps extend an image that another service builds", async () => {
  await deployed("docker-example", {
    volumes: { app1_static: { storage: "image" }, app2_static: { storage: "image" } },
  });
  await showsDockerExample({ http: "http://127.0.0.1:80" });
  const layers = async (service: string) =>
    JSON.parse(
      await docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", await imageOf(service)),
    ) as string[];
  const [app1, app2] = await Promise.all([layers("app1"), layers("app2")]);
  // All that app1 has below its own last layers, app2 has too: the base was built once.
  expect(app1.filter((layer) => app2.includes(layer)).length).toBeGreaterThan(5);
});

it("deploys cloudtalents, with its env files", async () => {
  await makeAuthorsFiles("cloudtalents");
  await deployed("cloudtalents");
  await showsCloudtalents({ http: "http://127.0.0.1:80" });
});

it("deploys flask-by-example, with its password from the stack's configuration", async () => {
  const password = "n0t-in-plain-sight";
  await deployed("flask-by-example", { services: { migrations: { job: true } } }, { DBPASS: password });
  await showsFlaskByExample({ http: "http://127.0.0.1:5000" });
  expect(await stack.state()).not.toContain(password);
});

it("deploys containerize, with its mounted key pair and log folder", async () => {
  await makeAuthorsFiles("containerize");
  await deployed("containerize");
  await showsContainerize({ http: "http://127.0.0.1:80", https: "https://127.0.0.1:443" });
});

async function imageOf(service: string): Promise<string> {
  return docker("inspect", "--format", "{{.Image}}", await containerOf(stack, service));
}
