import { afterEach, describe, expect, it } from "vitest";
import { showsCloudtalents } from "../apps/cloudtalents.ts";
import { deploysUntouchedContainerize } from "../apps/containerize.ts";
import { showsDockerExample } from "../apps/dockerExample.ts";
import { deploysUntouchedFlaskByExample, untouchedFlaskByExample, untouchedPassword } from "../apps/flaskByExample.ts";
import { showsFlaskUploadDemo } from "../apps/flaskUploadDemo.ts";
import { GcpApp } from "../support/gcpApp.ts";
import { takesConnections } from "../support/takesConnections.ts";

// Compose files as their authors would have them: no health checks, plain depends_on, fixed ports, no x-retrofit. What they
// do not say is said by the stack's configuration alone.
describe("untouched compose files on Google Cloud", () => {
  let app: GcpApp;

  afterEach(() => app?.remove());

  it("deploys flask-upload-demo, its uploads in a bucket", async () => {
    app = await GcpApp.untouched("flask-upload-demo", { volumes: { uploads: { storage: "bucket" } } });
    await app.up();
    await showsFlaskUploadDemo({ http: await app.http() });
    expect(await app.cloud("objects")).toContain("passive.txt");
  });

  it("deploys docker-example, whose apps extend an image that another service builds", async () => {
    const image = { storage: "image" };
    app = await GcpApp.untouched("docker-example", { volumes: { app1_static: image, app2_static: image } });
    await app.up();
    await showsDockerExample({ http: await app.http() });
  });

  it("deploys cloudtalents, with its env files, its images in a bucket", async () => {
    app = await GcpApp.untouched("cloudtalents", { volumes: { media_volume: { storage: "bucket" } } });
    await app.up();
    await showsCloudtalents({ http: await app.http() });
  });

  it("deploys flask-by-example; its database and queue are closed from outside, until they are listed", async () => {
    app = await GcpApp.untouched("flask-by-example", untouchedFlaskByExample);
    const host = await deploysUntouchedFlaskByExample(app);
    await app.configure({ ...untouchedFlaskByExample, expose: [5000, 6379] });
    await app.stack.secret("secrets.DBPASS", untouchedPassword);
    await app.up();
    expect(await takesConnections(host, 6379)).toBe(true);
    expect(await takesConnections(host, 5432)).toBe(false);
  });

  it("refuses containerize, whose binds a VM cannot have; deploys it when the configuration says what becomes of them", async () => {
    app = await GcpApp.untouched("containerize");
    await deploysUntouchedContainerize(app);
  });
});
