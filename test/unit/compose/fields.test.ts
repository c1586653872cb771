import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { type ReadOptions, readApp } from "../../../compose/read.ts";
import { supportTable } from "../../../compose/support/table.ts";
import { UserError } from "../../../userError.ts";

// One file for each verdict, holding every field that gets it on docker: nothing of the table is only claimed.

const folder = (name: string) => fileURLToPath(new URL(`../../fixtures/compose/${name}`, import.meta.url));
const golden = (name: string) => fileURLToPath(new URL(`../../goldens/compose/${name}`, import.meta.url));
const rows = (status: string) =>
  supportTable.filter(({ support }) => support.docker.status === status).map(({ path }) => path);

const carried: Omit<ReadOptions, "file"> = {
  target: "docker",
  environment: { DB_NAME: "shop" },
  secretNames: ["DB_PASSWORD", "API_TOKEN"],
  profiles: ["live"],
};

test("every mapped field is carried into the model", async () => {
  const app = await readApp({ file: folder("carried"), ...carried });
  const text = JSON.stringify(app, (_, value) => (value instanceof Map ? Object.fromEntries(value) : value), 2);
  await expect(`${text.replaceAll(folder("carried"), "<folder>")}\n`).toMatchFileSnapshot(golden("carried.json"));
  expect([...app.services.keys()]).toEqual(["alone", "cache", "db", "migrate", "web", "static"]);
});

test("the file of mapped fields has all of them", () => {
  const written = pathsIn(parse(readFileSync(`${folder("carried")}/compose.yaml`, "utf8"), { merge: true }));
  expect(rows("mapped").filter((path) => !written.has(path))).toEqual([]);
});

test("every warned field is told of", async () => {
  const { warnings } = await readApp({ file: folder("warned"), target: "docker" });
  const lines = warnings.map(({ where, field, reason }) => `${where}: ${field}: ${reason}\n`).join("");
  await expect(lines).toMatchFileSnapshot(golden("warned.txt"));
  const told = warnings.map(({ field }) => tablePath(field));
  expect(rows("warned").filter((path) => !isWithin(path, told))).toEqual([]);
});

test("every refused field is refused", async () => {
  const error = await readApp({ file: folder("refused"), target: "docker" }).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw error;
  await expect(`${error.message}\n`).toMatchFileSnapshot(golden("refused.txt"));
  const told = error.problems.map(({ what }) => tablePath(what));
  expect(rows("refused").filter((path) => !isWithin(path, told))).toEqual([]);
});

/** `services.web.volumes[0].bind cannot be ...` as the table's `services.*.volumes.bind`. */
function tablePath(text: string): string {
  const [field = ""] = text.split(" ");
  const steps = field.replaceAll(/\[\d+\]/g, "").split(".");
  return tableSteps(steps).join(".");
}

function tableSteps(steps: readonly string[]): string[] {
  const walked: string[] = [];
  for (const step of steps) {
    const starred = [...walked, "*"].join(".");
    const isKnown = supportTable.some(({ path }) => path === [...walked, step].join("."));
    walked.push(!isKnown && supportTable.some(({ path }) => path === starred) ? "*" : step);
  }
  return walked;
}

/** What is inside a refused field is refused with it. */
function isWithin(path: string, told: readonly string[]): boolean {
  return told.some((field) => path === field || path.startsWith(`${field}.`));
}

/** Paths of the table that a file has, lists seen through. */
function pathsIn(value: unknown, steps: readonly string[] = []): Set<string> {
  const inner =
    typeof value !== "object" || value === null
      ? []
      : Object.entries(value).flatMap(([key, child]) => [
          ...pathsIn(child, Array.isArray(value) ? steps : [...steps, key]),
        ]);
  return new Set([tableSteps(steps).join("."), ...inner]);
}
