import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { extensionRows } from "../../../compose/support/project.ts";
import { supportTable } from "../../../compose/support/table.ts";
import { supportPage } from "../../../compose/supportPage.ts";

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const root: Schema = JSON.parse(
  readFileSync(new URL("../../fixtures/compose-spec.schema.json", import.meta.url), "utf8"),
);

/** Every field of the schema. Names that users choose are `*`, and count where they have fields of their own. */
function fieldsOf(schema: Schema, path: string): string[] {
  const definition = schema.$ref ? root.definitions?.[schema.$ref.replace("#/definitions/", "")] : schema;
  const { properties = {}, patternProperties = {}, items, oneOf = [] } = definition ?? {};
  const join = (name: string) => (path === "" ? name : `${path}.${name}`);
  return [
    ...Object.entries(properties).flatMap(([name, inner]) => [join(name), ...fieldsOf(inner, join(name))]),
    ...Object.entries(patternProperties).flatMap(([pattern, inner]) => {
      const fields = pattern === "^x-" ? [] : fieldsOf(inner, join("*"));
      return fields.length > 0 ? [join("*"), ...fields] : [];
    }),
    ...(items ? fieldsOf(items, path) : []),
    ...oneOf.flatMap((variant) => fieldsOf(variant, path)),
  ];
}

const fields = [...new Set(fieldsOf(root, ""))];
const rows = supportTable.map(({ path }) => path);

test("the schema has the fields that were counted when the table was made", () => {
  expect(fields.length).toBe(355);
});

test("every field of the Compose specification has a row", () => {
  expect(fields.filter((field) => !rows.includes(field))).toEqual([]);
});

test("no row is without a field", () => {
  const own = extensionRows.map(({ path }) => path);
  expect(rows.filter((row) => !fields.includes(row) && !own.includes(row))).toEqual([]);
});

test("no field has two rows", () => {
  expect(rows.filter((row, index) => rows.indexOf(row) !== index)).toEqual([]);
});

test("what is warned of or refused says why, what is refused says what to do", () => {
  for (const { path, support } of supportTable) {
    for (const verdict of Object.values(support)) {
      if (verdict.status === "mapped") continue;
      expect(verdict.reason, path).toMatch(/\w[^.]*[^.]$/);
      if (verdict.status === "refused") expect(verdict.mend, path).toMatch(/^[A-Z].*[^.]$/);
    }
  }
});

test("docs/compose-support.md is what `node compose/supportPage.ts` writes", () => {
  const page = readFileSync(new URL("../../../docs/compose-support.md", import.meta.url), "utf8");
  expect(page).toBe(supportPage());
});
