import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { showsContainerize } from "../apps/containerize.ts";
import { showsDockerExample } from "../apps/dockerExample.ts";
import { showsFlaskUploadDemo } from "../apps/flaskUploadDemo.ts";
import { makeAuthorsFiles } from "../fixtures/untouched/authorsFiles.ts";
import { AwsApp } from "../support/awsApp.ts";
import { root } from "../support/stack.ts";

// Compose files as their authors would have them: no health checks, plain depends_on, fixed ports, no x-retrofit. What they
// do not say is said by the stack's configuration alone.
describe("untouched compose files on Fargate", () => {
  let app: AwsApp;

  afterEach(() => app?.remove());

  it("deploys flask-upload-demo, its uploads in a bucket", async () => {
    await prepared("flask-upload-demo", { volumes: { uploads: { storage: "bucket" } } });
    await app.up();
    await showsFlaskUploadDemo({ http: await app.http() });
  });

  it("deploys docker-example, whose apps extend an image that another service builds", async () => {
    await prepared("docker-example", {
      volumes: { app1_static: { storage: "image" }, app2_static: { storage: "image" } },
    });
    await app.up();
    await showsDockerExample({ http: await app.http() });
  });

  it("refuses containerize, whose binds ECS cannot have; deploys it when the configuration says what becomes of them", async () => {
    await makeAuthorsFiles("containerize");
    await prepared("containerize");
    const { ok, messages } = await app.stack.up();
    expect(ok).toBe(false);
    const targets = ["/service/src", "/var/log/nginx", "/etc/nginx/ssl/localhost.crt", "/etc/nginx/ssl/localhost.key"];
    for (const target of targets) {
      expect(messages).toMatch(
        new RegExp(`Say in retrofit:services\\.(app|nginx)\\.binds what becomes of ${target}: `),
      );
    }
    const keys = { "/etc/nginx/ssl/localhost.crt": "copy", "/etc/nginx/ssl/localhost.key": "copy" };
    await app.configure({
      services: { app: { binds: { "/service/src": "copy" } }, nginx: { binds: { "/var/log/nginx": "drop", ...keys } } },
    });
    await app.up();
    const https = await app.http();
    await showsContainerize({ http: https.replace("https:", "http:"), https });
  });

  async function prepared(name: string, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
    app = await AwsApp.inPlace(join(root, "test/fixtures/untouched", name), config);
  }
});
