import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type PropertyFacts, parseType, propertyFacts, type TypeSpec } from "../../../embedded/core/facts.ts";
import { dockerFacts } from "../../../embedded/docker/facts.ts";

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/docker/package.json"));

/** Names of an interface's properties in the SDK's declarations, by whether they are required. */
function declared(file: string, name: string): Record<string, boolean> {
  const text = readFileSync(join(sdk, file), "utf8").replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
  const body = new RegExp(`export interface ${name} \\{([\\s\\S]*?)\\n\\}`).exec(text)?.[1];
  if (body === undefined) throw new Error(`${file} declares no ${name}`);
  return Object.fromEntries([...body.matchAll(/^ {4}(\w+)(\??): /gm)].map(([, key, mark]) => [key, mark === ""]));
}

function required(properties: Readonly<Record<string, PropertyFacts | string>>): Record<string, boolean> {
  return Object.fromEntries(Object.entries(properties).map(([key, facts]) => [key, propertyFacts(facts).req === true]));
}

describe("the facts of docker are those of the SDK in use", () => {
  it("by version", () => {
    expect(JSON.parse(readFileSync(join(sdk, "package.json"), "utf8")).version).toBe(dockerFacts.version);
  });

  it.each(["Network", "Volume", "Container", "RemoteImage"])("by every input of %s", (resource) => {
    const file = resource[0]?.toLowerCase() + resource.slice(1);
    const facts = dockerFacts.resources[`docker:index/${file}:${resource}`];
    expect(required(facts?.inputs ?? {})).toEqual(declared(`${file}.d.ts`, `${resource}Args`));
  });

  it.each(Object.keys(dockerFacts.types).filter((name) => name !== "ContainerNetworkData"))(
    "by every property of %s",
    (name) => {
      const own = name === "registryAuth" ? "ProviderRegistryAuth" : name;
      expect(required(dockerFacts.types[name] ?? {})).toEqual(declared("types/input.d.ts", own));
    },
  );

  it("by the provider's configuration", () => {
    expect(Object.keys(dockerFacts.config).sort()).toEqual(
      Object.keys(declared("provider.d.ts", "ProviderArgs")).sort(),
    );
  });
});

describe("the facts are sound", () => {
  const groups = [
    ...Object.values(dockerFacts.resources).flatMap(({ inputs, outputs }) => [inputs, outputs]),
    ...Object.values(dockerFacts.types),
    dockerFacts.config,
  ];
  const all = groups.flatMap((group) =>
    Object.entries(group).map(([key, facts]) => [key, propertyFacts(facts)] as const),
  );

  it("every type exists", () => {
    const names = (type: TypeSpec): string[] =>
      type.kind === "object" ? [type.name] : "of" in type ? names(type.of) : [];
    for (const [key, { t }] of all) {
      for (const name of names(parseType(t))) expect(dockerFacts.types, `${key}: ${t}`).toHaveProperty(name);
    }
  });

  it("every pattern is one, says what it expects, and takes its default", () => {
    for (const [key, { pattern, expect: meaning, def }] of all) {
      if (pattern === undefined) continue;
      expect(meaning, key).toBeTypeOf("string");
      if (def !== undefined) expect(new RegExp(pattern).test(String(def)), key).toBe(true);
    }
  });

  it("only lists are sets", () => {
    for (const [key, { set, t, unsupported }] of all) {
      if (set && unsupported === undefined) expect(parseType(t).kind, key).toBe("list");
    }
  });
});
