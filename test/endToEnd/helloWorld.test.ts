import { afterAll, beforeAll, expect, it } from "vitest";
import { showsHelloWorld } from "../apps/helloWorld.ts";
import { DeployedApp } from "../support/deployedApp.ts";

let app: DeployedApp;

beforeAll(async () => {
  app = await DeployedApp.prepare("hello-world");
});
afterAll(() => app?.remove());

it("greets", async () => {
  await app.up();
  await showsHelloWorld(app);
});

it("greets differently after a release", async () => {
  await app.edit("app.py", "(from a Docker container)", "(from a Docker container with modified code)");
  await app.up();
  expect(await (await fetch(app.http)).text()).toBe("Hello, World! (from a Docker container with modified code)");
});
