import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ecsOperations } from "../../../embedded/aws/api/ecs.ts";
import { logsOperations } from "../../../embedded/aws/api/logs.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
const { config } = parse(read("Pulumi.yaml")) as { config: Record<string, { type: string; description?: string }> };

const pages = [
  "README.md",
  "embedded/README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    // Decisions stay as they were taken.
    .filter((file) => file.endsWith(".md") && !file.startsWith("adr/"))
    .map((file) => join("docs", file)),
];

// What the pages tell a reader to type, open or set must be there.
describe.each(pages)("%s", (page) => {
  const text = read(page);

  it("names npm commands that there are", () => {
    const known = ["install", "ci", ...Object.keys(scripts)];
    const named = [...text.matchAll(/\bnpm (?:run (?:-s )?)?([a-z][\w-]*)/g)].map(([, script]) => script);
    expect(named.filter((script) => !known.includes(script as string))).toEqual([]);
  });

  it("names configuration keys that there are", () => {
    const named = [...text.matchAll(/retrofit:([a-zA-Z]+)/g)].map(([key]) => key);
    const types = ["retrofit:docker", "retrofit:gcp", "retrofit:aws", "retrofit:index"];
    expect(named.filter((key) => !(key in config) && !types.includes(key))).toEqual([]);
  });

  it("links to files that there are", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link as string);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});

describe("docs/embedded-aws.md", () => {
  it("names every operation of the API that there is", () => {
    const named: readonly string[] = read("docs/embedded-aws.md").match(/\w+/g) ?? [];
    const operations = Object.keys({ ...ecsOperations, ...logsOperations });
    expect(operations.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe("README.md", () => {
  it("shows the layout as it is", () => {
    const layout = /## Layout\n\n((?: {4}.*\n)+)/.exec(read("README.md"))?.[1] ?? "";
    const named = [...layout.matchAll(/^ {4}(\S+)/gm)].map(([, name]) => (name as string).replace(/\/$/, ""));
    expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([]);
    const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const shown = folders.map(({ name }) => name).filter((name) => !name.startsWith(".") && name !== "node_modules");
    expect(shown.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe("Pulumi.yaml", () => {
  it("declares every key with its type and meaning", () => {
    const bare = Object.entries(config).filter(([, { type, description }]) => !type || !description);
    expect(bare).toEqual([]);
  });

  it("declares no key that nothing reads", () => {
    const files = ["config.ts", ...readdirSync(join(root, "config")).map((name) => join("config", name))];
    const source = files.map(read).join("\n");
    const unread = Object.keys(config).filter((key) => !source.includes(`"${key.replace("retrofit:", "")}"`));
    expect(unread).toEqual([]);
  });
});
