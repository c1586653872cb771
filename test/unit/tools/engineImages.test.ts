import { expect, test } from "vitest";
import { engineImages } from "../../../tools/images/build.mjs";
import type { Context } from "../../../tools/step.mjs";

const engine: Readonly<Record<string, string>> = {
  "python:3.13-slim": "sha256:a",
  "redis:8": "sha256:b",
  other: "sha256:c",
};

/** As Docker's command line: it inspects what there is of the images asked for, and fails where one is missing. */
function contextOf(asked: string[]): Context {
  const run = async (_: string, [, command = "", ...args]: readonly string[]) => {
    asked.push(command);
    if (command === "ls")
      return `${Object.entries(engine)
        .map((entry) => entry.join(" "))
        .join("\n")}\n`;
    const ids = args.slice(2).map((image) => engine[image]);
    if (ids.includes(undefined)) throw new Error("Error: No such image");
    return `${ids.join("\n")}\n`;
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
