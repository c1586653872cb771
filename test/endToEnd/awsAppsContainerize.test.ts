import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, configurePair, fingerprint, showsContainerize } from "../apps/containerize.ts";
import { AwsApp } from "../support/awsApp.ts";
import { eventually } from "../support/eventually.ts";
import type { KeyPair } from "../support/keyPair.ts";
import { docker } from "../support/stack.ts";

// A Network Load Balancer passes connections on, and the app's own nginx ends TLS.
describe("containerize on Fargate, its key pair in Secrets Manager", () => {
  let app: AwsApp;
  let http: string;
  let https: string;
  const pairs: KeyPair[] = [];

  beforeAll(async () => {
    app = await AwsApp.prepare("containerize", {
      environment: { HTTP_PORT: 80, HTTPS_PORT: 443, GUNICORN_ARGUMENTS: "" },
    });
    pairs.push(await configurePair(app));
  });
  afterAll(() => app?.remove());

  it("comes up with the pair that it was given, and does what the app does", async () => {
    await app.up();
    https = await app.http();
    http = https.replace("https:", "http:");
    expect(https).toMatch(/^https:\/\/[\d.]+$/);
    await showsContainerize({ http, https });
    expect(await fingerprint(https)).toBe(pairs[0]?.fingerprint);
  });

  it("has not opened the app's own port", async () => {
    await expect(ask(`${https}:8000`, "/")).rejects.toThrow();
  });

  it("takes another pair with the next up, without a build, and the app serves on", async () => {
    const { images } = await app.stack.outputs();
    const server = await app.running("app");
    pairs.push(await configurePair(app));
    const { steps } = await app.up();
    expect(steps.filter((step) => /image/i.test(step))).toEqual([]);
    expect((await app.stack.outputs()).images).toEqual(images);
    expect(await fingerprint(https)).toBe(pairs[1]?.fingerprint);
    expect(await app.running("app")).toEqual(server);
    await showsContainerize({ http, https });
  });

  it("has its pair again after its task is killed", async () => {
    const [before = ""] = await app.running("nginx");
    await app.cloud("kill", "nginx");
    await eventually(async () => expect(await app.running("nginx")).not.toEqual([before]));
    await eventually(async () => expect(await fingerprint(https)).toBe(pairs[1]?.fingerprint));
  });

  it("tells nobody its keys", async () => {
    const [task = ""] = await app.running("nginx");
    const own = await app.container(task, "nginx");
    const image = await docker("inspect", "--format", "{{.Image}}", own);
    const told = {
      state: await app.stack.state(),
      outputs: JSON.stringify(await app.stack.outputs()),
      logs: await app.cloud("logs"),
      container: await docker("inspect", "--format", "{{json .Config.Labels}} {{.Args}} {{json .Mounts}}", own),
      image: await docker("history", "--no-trunc", image),
    };
    expect(pairs).toHaveLength(2);
    for (const { key } of pairs) {
      const [, line = ""] = key.split("\n");
      expect(line).toMatch(/^[\w+/]{40,}$/);
      for (const [place, text] of Object.entries(told)) {
        expect(text.length, place).toBeGreaterThan(50);
        expect(text.includes(line), place).toBe(false);
      }
    }
  });
});
