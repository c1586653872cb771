import { expect, test } from "vitest";
import { engineImages } from "../../../tools/images/build.mjs";
import type { Context } from "../../../tools/step.mjs";

const engine = new Map([
  ["python:3.13-slim", "sha256:a"],
  ["python:latest", "sha256:a"],
  ["redis:8", "sha256:b"],
]);

/** As Docker's command line: of images asked for it tells all names that they have, and fails where one is missing. */
function contextOf(asked: string[]): Context {
  const run = async (_: string, [, command = "", ...args]: readonly string[]) => {
    asked.push(command);
    const images = args.slice(command === "ls" ? 3 : 2);
    if (images.some((image) => !engine.has(image))) throw new Error("Error: No such image");
    const ids = images.map((image) => engine.get(image));
    const shown = [...engine].filter(([, id]) => command === "ls" || ids.includes(id));
    return shown.map((pair) => `${pair.join(" ")}\n`).join("");
  };
  return { run } as unknown as Context;
}

test("images that are all there are asked for by name", async () => {
  const asked: string[] = [];
  const found = await engineImages(contextOf(asked), ["redis:8", "python:3.13-slim"]);
  expect(Object.fromEntries(found)).toEqual({ "redis:8": "sha256:b", "python:3.13-slim": "sha256:a" });
  expect(asked).toEqual(["inspect"]);
});

test("where one is missing the others are found in the list of all", async () => {
  const asked: string[] = [];
  const found = await engineImages(contextOf(asked), ["redis:8", "nginx:1.28"]);
  expect(Object.fromEntries(found)).toEqual({ "redis:8": "sha256:b" });
  expect(asked).toEqual(["inspect", "ls"]);
});

test("an engine is not asked for nothing", async () => {
  const asked: string[] = [];
  expect((await engineImages(contextOf(asked), [])).size).toBe(0);
  expect(asked).toEqual([]);
});
