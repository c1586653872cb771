import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseType, propertyFacts, type TypeSpec } from "../../../embedded/core/facts.ts";
import { gcpFacts } from "../../../embedded/gcp/facts.ts";
import { functions } from "../../../embedded/gcp/resources/functions.ts";
import { kinds } from "../../../embedded/gcp/resources/kinds.ts";

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/gcp/package.json"));

/** Names of the properties of an interface in the SDK's types. */
function propertiesOf(file: string, name: string): string[] {
  const text = readFileSync(join(sdk, file), "utf8");
  const body = new RegExp(`interface ${name} \\{\\n([\\s\\S]*?)\\n {0,4}\\}\\n`).exec(text)?.[1] ?? "";
  return [...body.replace(/\/\*\*[\s\S]*?\*\//g, "").matchAll(/^\s+(\w+)\??:/gm)]
    .map(([, key]) => key as string)
    .sort();
}

function objectOf(type: TypeSpec): string | undefined {
  if (type.kind === "list" || type.kind === "map") return objectOf(type.of);
  return type.kind === "object" ? type.name : undefined;
}

describe("the facts", () => {
  it.each(Object.entries(gcpFacts.resources))(
    "%s has the SDK's inputs, known or refused by name",
    (token, { inputs }) => {
      const [, module = "", name = ""] = token.split(":");
      const file = module.replace("iAMMember", "iammember");
      expect(Object.keys(inputs).sort()).toEqual(propertiesOf(`${file}.d.ts`, `${name}Args`));
    },
  );

  it.each(Object.entries(gcpFacts.types))("%s has the SDK's properties", (name, properties) => {
    expect(Object.keys(properties).sort()).toEqual(propertiesOf("types/input.d.ts", name.split(".")[1] ?? ""));
  });

  it("name no type that they do not have, and have none that nobody names", () => {
    const all = [...Object.values(gcpFacts.resources).map(({ inputs }) => inputs), ...Object.values(gcpFacts.types)];
    const named = all.flatMap((properties) =>
      Object.values(properties).flatMap((each) => objectOf(parseType(propertyFacts(each).t)) ?? []),
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(gcpFacts.types).sort());
  });

  it("and the kinds are the same types, and the functions too", () => {
    expect(kinds.map(({ type }) => type).sort()).toEqual(Object.keys(gcpFacts.resources).sort());
    expect(Object.keys(functions).sort()).toEqual(Object.keys(gcpFacts.functions).sort());
  });
});
