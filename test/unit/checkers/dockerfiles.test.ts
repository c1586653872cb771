import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { check, filesBelow } from "../../support/checkers.ts";
import { root } from "../../support/stack.ts";

/**
 * What hadolint may find in the recipes of the stand-ins, and why. Not in the files themselves: a recipe that changes in
 * one byte, and all that is built on it, is made anew on every machine.
 */
const accepted: readonly { readonly rule: string; readonly images: readonly string[]; readonly reason: string }[] = [
  { rule: "DL3003", images: ["nginx"], reason: "files are moved from one folder to another, in one step" },
  {
    rule: "DL3008",
    images: ["nginx", "postgres", "python", "redis"],
    reason: "Debian's archive keeps only the newest of a package: a version that is named is soon gone",
  },
  { rule: "DL3022", images: ["debian"], reason: "`host` is a named context, not a stage" },
  { rule: "DL3066", images: ["ferretdb"], reason: "as in the official image, with an /etc/passwd that has the name" },
  { rule: "DL3067", images: ["debian"], reason: "to be one layer without what the steps before removed" },
  {
    rule: "DL4006",
    images: ["nginx", "postgres", "python", "redis"],
    reason: "the last of each pipe, grep, is what checks, and where it is negated a failure before it must not count",
  },
];

interface Found {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

async function dockerfiles(): Promise<readonly string[]> {
  return (await filesBelow("docker", "tools/images")).filter((file) =>
    /^Dockerfile(\.(?!dockerignore)|$)/.test(basename(file)),
  );
}

async function lint(args: readonly string[], input?: string): Promise<readonly Found[]> {
  return JSON.parse(await check("hadolint", ["--no-color", "--format", "json", ...args], input));
}

it("hadolint finds nothing in the Dockerfiles but what is accepted with a reason", async () => {
  const files = await dockerfiles();
  for (const folder of ["docker", "tools/images"])
    expect(files.some((file) => file.startsWith(`${folder}/`))).toBe(true);
  const found = await lint(files);
  const expected = accepted.flatMap(({ rule, images }) =>
    images.map((image) => `tools/images/${image}/Dockerfile ${rule}`),
  );
  expect([...new Set(found.map(({ file, code }) => `${file} ${code}`))].sort()).toEqual(expected.sort());
});

it("each rule that a Dockerfile ignores has its reason in the line above", async () => {
  for (const file of await dockerfiles()) {
    const lines = (await readFile(join(root, file), "utf8")).split("\n");
    for (const [index, line] of lines.entries()) {
      if (!/^\s*#\s*hadolint\b/.test(line)) continue;
      expect(line, `${file}:${index + 1}`).not.toContain("global");
      expect(lines[index - 1], `${file}:${index + 1} has no reason`).toMatch(/^\s*# \S/);
    }
  }
});

it("hadolint finds what is wrong", async () => {
  const found = await lint(["-"], "FROM debian\nADD app.py /\nUSER root\n");
  expect(found.map(({ code, line }) => `${code}:${line}`).sort()).toEqual([
    "DL3002:3",
    "DL3006:1",
    "DL3020:2",
    "DL3066:3",
  ]);
});
