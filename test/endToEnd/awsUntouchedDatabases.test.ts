import { afterEach, describe, it } from "vitest";
import { showsCloudtalents } from "../apps/cloudtalents.ts";
import { deploysUntouchedFlaskByExample, untouchedFlaskByExample } from "../apps/flaskByExample.ts";
import { AwsApp } from "../support/awsApp.ts";

// Compose files as their authors would have them: no health checks, plain depends_on, fixed ports, no x-retrofit. What they
// do not say is said by the stack's configuration alone.
describe("untouched compose files with databases on Fargate", () => {
  let app: AwsApp;

  afterEach(() => app?.remove());

  it("deploys cloudtalents, with its env files, its images in a bucket", async () => {
    app = await AwsApp.untouched("cloudtalents", { volumes: { media_volume: { storage: "bucket" } } });
    await app.up();
    await showsCloudtalents({ http: await app.http() });
  });

  it("deploys flask-by-example; its database and queue are closed from outside", async () => {
    app = await AwsApp.untouched("flask-by-example", untouchedFlaskByExample);
    await deploysUntouchedFlaskByExample(app);
  });
});
