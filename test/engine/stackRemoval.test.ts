import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root, TestStack } from "../support/stack.ts";

// With the command line of the project: what is here of a stack beside its state goes with it.

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.create({ app: "hello-world" });
});

afterAll(() => stack?.discard());

it.each([
  ["everything that it has deployed", ["destroy", "--yes", "--skip-preview"]],
  ["the stack itself", ["stack", "rm", "--yes"]],
])("removes what a stack's images were put together from together with %s", async (_, words) => {
  await mkdir(stack.contexts, { recursive: true });
  const command = ["tools/pulumi.mjs", ...words, "--stack", stack.name, "--non-interactive"];
  await promisify(execFile)("node", command, { cwd: root, env: stack.environment });
  expect(existsSync(stack.contexts)).toBe(false);
});
