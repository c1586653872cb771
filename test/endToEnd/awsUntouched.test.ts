import { afterEach, describe, it } from "vitest";
import { deploysUntouchedContainerize } from "../apps/containerize.ts";
import { showsDockerExample } from "../apps/dockerExample.ts";
import { showsFlaskUploadDemo } from "../apps/flaskUploadDemo.ts";
import { AwsApp } from "../support/awsApp.ts";

// Compose files as their authors would have them: no health checks, plain depends_on, fixed ports, no x-retrofit. What they
// do not say is said by the stack's configuration alone.
describe("untouched compose files on Fargate", () => {
  let app: AwsApp;

  afterEach(() => app?.remove());

  it("deploys flask-upload-demo, its uploads in a bucket", async () => {
    app = await AwsApp.untouched("flask-upload-demo", { volumes: { uploads: { storage: "bucket" } } });
    await app.up();
    await showsFlaskUploadDemo({ http: await app.http() });
  });

  it("deploys docker-example, whose apps extend an image that another service builds", async () => {
    const image = { storage: "image" };
    app = await AwsApp.untouched("docker-example", { volumes: { app1_static: image, app2_static: image } });
    await app.up();
    await showsDockerExample({ http: await app.http() });
  });

  it("refuses containerize, whose binds ECS cannot have; deploys it when the configuration says what becomes of them", async () => {
    app = await AwsApp.untouched("containerize");
    await deploysUntouchedContainerize(app);
  });
});
