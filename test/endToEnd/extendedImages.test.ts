import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { containerOf, docker, TestStack } from "../support/stack.ts";

// Two apps that extend one image, which another service builds: Compose's `additional_contexts: service:`.
let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create({ app: "" });
  await base("first");
  const app = (name: string) =>
    `  ${name}:\n    build: { context: ./${name}, additional_contexts: { base: "service:base" } }\n` +
    "    command: [sleep, infinity]\n    init: true\n    stop_grace_period: 1s\n";
  await writeFile(
    join(stack.folder, "compose.yaml"),
    `name: family\nservices:\n${app("app1")}${app("app2")}  base:\n    build: ./base\n    scale: 0\n`,
  );
  for (const name of ["app1", "app2"]) {
    await mkdir(join(stack.folder, name));
    await writeFile(join(stack.folder, name, "Dockerfile"), `FROM base\nRUN echo ${name} > /name\n`);
  }
  await stack.configure({ app: stack.folder });
});
afterAll(() => stack?.remove());

async function base(text: string): Promise<void> {
  await mkdir(join(stack.folder, "base"), { recursive: true });
  await writeFile(join(stack.folder, "base/Dockerfile"), `FROM debian:trixie-slim\nRUN echo ${text} > /base\n`);
}

const inside = async (service: string) => docker("exec", await containerOf(stack, service), "cat", "/base", "/name");

it("builds the base once, and each app on its digest", async () => {
  const outcome = await stack.up();
  expect(outcome.ok, outcome.messages).toBe(true);
  expect(outcome.steps.filter((step) => /^create family-\w+-image$/.test(step)).sort()).toEqual(
    // The engine's copies of the apps' images bear the same names as their builds; the base runs nowhere.
    ["app1", "app1", "app2", "app2", "base"].map((name) => `create family-${name}-image`),
  );
  expect(await Promise.all(["app1", "app2"].map(inside))).toEqual(["first\napp1", "first\napp2"]);
  expect(await containerOf(stack, "base")).toBe("");
});

it("rebuilds both when the base changes", async () => {
  await base("second");
  const outcome = await stack.up();
  expect(outcome.ok, outcome.messages).toBe(true);
  expect(await Promise.all(["app1", "app2"].map(inside))).toEqual(["second\napp1", "second\napp2"]);
});
