import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { awsFacts } from "../../../embedded/aws/facts.ts";
import { kinds } from "../../../embedded/aws/resources/kinds.ts";
import { types } from "../../../embedded/aws/types.ts";
import { parseType, propertyFacts, type TypeSpec } from "../../../embedded/core/facts.ts";
import { formatOf } from "../../../embedded/core/formats.ts";

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/aws/package.json"));
const inputTypes = readFileSync(join(sdk, "types/input.d.ts"), "utf8");

/** Names of the properties of an interface in a file's text. */
function propertiesIn(text: string, name: string): string[] {
  const body = new RegExp(`interface ${name} \\{\\n([\\s\\S]*?)\\n {0,4}\\}(?:\\n|$)`).exec(text)?.[1] ?? "";
  return [...body.replace(/\/\*\*[\s\S]*?\*\//g, "").matchAll(/^\s+(\w+)\??:/gm)]
    .map(([, key]) => key as string)
    .sort();
}

function namespaceOf(name: string): string {
  return new RegExp(`export declare namespace ${name} \\{\\n([\\s\\S]*?)\\n\\}\\n`).exec(inputTypes)?.[1] ?? "";
}

function objectOf(type: TypeSpec): string | undefined {
  if (type.kind === "list" || type.kind === "map") return objectOf(type.of);
  return type.kind === "object" ? type.name : undefined;
}

describe("the facts", () => {
  it.each(Object.entries(awsFacts.resources))(
    "%s has the SDK's inputs, known or refused by name",
    (token, { inputs }) => {
      const [, module = "", name = ""] = token.split(":");
      const text = readFileSync(join(sdk, `${module}.d.ts`), "utf8");
      expect(Object.keys(inputs).sort()).toEqual(propertiesIn(text, `${name}Args`));
    },
  );

  it.each(Object.entries(awsFacts.resources))("%s has the SDK's outputs", (token, { inputs, outputs }) => {
    const [, module = "", name = ""] = token.split(":");
    const text = readFileSync(join(sdk, `${module}.d.ts`), "utf8");
    const body = text
      .slice(text.indexOf(`export declare class ${name}`), text.indexOf("constructor("))
      .replace(/\/\*\*[\s\S]*?\*\//g, "");
    const all = [...body.matchAll(/^\s+readonly (\w+):/gm)].map(([, key]) => key as string);
    const own = all.filter((key) => key !== "urn" && key !== "id" && !(key in inputs));
    expect(Object.keys(outputs).sort()).toEqual(own.sort());
  });

  it.each(Object.entries(awsFacts.types).filter(([name]) => !name.startsWith("config.")))(
    "%s has the SDK's properties",
    (name, properties) => {
      const [namespace = "", type = ""] = name.split(".");
      expect(Object.keys(properties).sort()).toEqual(propertiesIn(namespaceOf(namespace), type));
    },
  );

  it("name no type that they do not have, and have none that nobody names", () => {
    const all = [
      ...Object.values(awsFacts.resources).map(({ inputs }) => inputs),
      ...Object.values(awsFacts.types),
      awsFacts.config,
    ];
    const named = all.flatMap((properties) =>
      Object.values(properties).flatMap((each) => objectOf(parseType(propertyFacts(each).t)) ?? []),
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(awsFacts.types).sort());
    for (const properties of all) {
      for (const each of Object.values(properties))
        expect(() => formatOf(awsFacts, propertyFacts(each).format)).not.toThrow();
    }
  });

  it("and the kinds are the same types", () => {
    expect(kinds.map(({ type }) => type).sort()).toEqual(Object.keys(awsFacts.resources).sort());
    for (const type of Object.values(types).filter((each) => each.startsWith("aws:"))) {
      expect(Object.keys(awsFacts.resources)).toContain(type);
    }
  });
});
