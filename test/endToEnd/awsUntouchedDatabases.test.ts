import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { showsCloudtalents } from "../apps/cloudtalents.ts";
import { showsFlaskByExample } from "../apps/flaskByExample.ts";
import { makeAuthorsFiles } from "../fixtures/untouched/authorsFiles.ts";
import { AwsApp } from "../support/awsApp.ts";
import { root } from "../support/stack.ts";

// Compose files as their authors would have them: no health checks, plain depends_on, fixed ports, no x-retrofit. What they
// do not say is said by the stack's configuration alone.
describe("untouched compose files with databases on Fargate", () => {
  let app: AwsApp;

  afterEach(() => app?.remove());

  it("deploys cloudtalents, with its env files, its images in a bucket", async () => {
    await makeAuthorsFiles("cloudtalents");
    await prepared("cloudtalents", { volumes: { media_volume: { storage: "bucket" } } });
    await app.up();
    await showsCloudtalents({ http: await app.http() });
  });

  it("deploys flask-by-example; its database and queue are closed from outside", async () => {
    const password = "n0t-in-plain-sight";
    await prepared("flask-by-example", { services: { migrations: { job: true } }, expose: [5000] });
    await app.stack.secret("secrets.DBPASS", password);
    const { messages } = await app.up();
    const host = new URL(await app.http()).hostname;
    await showsFlaskByExample({ http: `http://${host}:5000` });
    expect(await app.stack.state()).not.toContain(password);
    for (const port of [5432, 6379]) {
      expect(messages).toContain(`${port} is not opened to the world: to open it, list it under retrofit:expose`);
      expect(await answers(host, port)).toBe(false);
    }
  });

  async function prepared(name: string, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
    app = await AwsApp.inPlace(join(root, "test/fixtures/untouched", name), config);
  }

  /** Whether a port takes connections from this machine, which is the world for the cloud. */
  function answers(host: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host, port, timeout: 3000 });
      const end = (is: boolean) => {
        socket.destroy();
        resolve(is);
      };
      socket
        .on("connect", () => end(true))
        .on("timeout", () => end(false))
        .on("error", () => end(false));
    });
  }
});
