import { existsSync, readFileSync } from "node:fs";
import { cacheFolder } from "../../tools/context.mjs";
import { checkersFolder, discoveryDocument } from "../../tools/steps/checkers.mjs";
import { type Difference, requests } from "./googleRequests.ts";
import type { Registration } from "./recorder.ts";

/** As discovery documents have it: JSON Schema of long ago. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

interface Resources {
  readonly resources?: Readonly<Record<string, Resources>>;
  readonly methods?: Readonly<Record<string, { parameters?: Readonly<Record<string, Schema>>; request?: Schema }>>;
}

type Document = Resources & { readonly schemas: Readonly<Record<string, Schema>> };

const documents = new Map<string, Document>();

function documentOf(api: string): Document {
  const path = discoveryDocument(checkersFolder(cacheFolder(process.env)), api);
  if (!existsSync(path)) throw new Error(`${path} is not there. Run: npm run setup -- checkers`);
  const document = documents.get(api) ?? (JSON.parse(readFileSync(path, "utf8")) as Document);
  documents.set(api, document);
  return document;
}

/** What a request takes: fields of its body, parameters of its address, and what those are made of. */
function schemaOf(document: Document, [name = "", ...owners]: readonly string[]): Schema {
  const owner = owners.reduceRight<Resources | undefined>((within, each) => within?.resources?.[each], document);
  const method = owner?.methods?.[name];
  if (method === undefined) throw new Error(`There is no method ${name} of ${owners}`);
  const { parameters = {}, request = {} } = method;
  // The parent `^projects/[^/]+/repositories/[^/]+$` is made of a project and a repository.
  const parts = Object.values(parameters).flatMap(({ pattern = "" }) =>
    [...pattern.matchAll(/(\w+?)(ie)?s\/\[\^\/\]\+/g)].map(([, stem, ies]) => [
      ies ? `${stem}y` : stem,
      { type: "string" },
    ]),
  );
  return { properties: { ...Object.fromEntries(parts), ...parameters, ...resolved(document, request).properties } };
}

const resolved = (document: Document, schema: Schema): Schema =>
  schema.$ref === undefined ? schema : (document.schemas[schema.$ref] as Schema);

/** The schema at a path such as `disks[].initializeParams.diskSizeGb`. */
function schemaAt(document: Document, root: Schema, path: string): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const step of path.replaceAll("[]", ".[]").split(".")) {
    schema = step === "[]" ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties);
    if (schema === undefined) return undefined;
    schema = resolved(document, schema);
  }
  return schema;
}

/** Pulumi's mark of a secret, which wraps its value. */
const secretMark = "4dabf18193072939515e22adb298388d";

/** Every value that has none within, by its path; of an empty list only that it is one. */
function leaves(value: unknown, path: string): (readonly [path: string, value: unknown])[] {
  if (Array.isArray(value)) {
    return value.length === 0 ? [[`${path}[]`, undefined]] : value.flatMap((each) => leaves(each, `${path}[]`));
  }
  if (typeof value !== "object" || value === null) return [[path, value]];
  if (secretMark in value && "value" in value) return leaves(value.value, path);
  const entries = Object.entries(value);
  return entries.length === 0 ? [[path, value]] : entries.flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

/** The difference that is the most specific for a path. */
function differenceAt(differences: Readonly<Record<string, Difference>>, path: string): string | undefined {
  const keys = Object.keys(differences).filter((key) =>
    key.endsWith(".*") ? path.startsWith(key.slice(0, -1)) : path === key || path.startsWith(`${key}.`),
  );
  return keys.sort((a, b) => b.length - a.length)[0];
}

function problemOf(schema: Schema, value: unknown): string | undefined {
  const { format = "", description = "" } = schema;
  const given = Number.isInteger(value) ? "integer" : typeof value;
  // JSON's numbers do not hold 64 bits: Google has them as strings, the provider as numbers.
  const wanted = format.endsWith("int64") ? "integer" : schema.type;
  if (given !== wanted && !(given === "integer" && wanted === "number")) return `is of type ${given}, not ${wanted}`;
  // Cloud Storage has its words in prose alone.
  const [, prose] = /Currently, (?:only )?(.+?) are supported/.exec(description) ?? [];
  const words: readonly unknown[] = schema.enum ?? prose?.match(/\b(?!and\b)\w+/g) ?? [value];
  return words.includes(value) ? undefined : `is ${value}, none of ${words.join(", ")}`;
}

/**
 * What Google's API would not know in the request for a resource.
 * @param used takes the differences that were needed, as `<type> <path>`
 */
export function unknownToGoogle({ type, name, inputs }: Registration, used = new Set<string>()): string[] {
  const request = requests[type];
  if (request === undefined) return [`${name}: no request is known for ${type}`];
  const [method, differences = {}] = request;
  const [api, ...steps] = method.split(".");
  const document = documentOf(`${api}.v1`);
  const root = schemaOf(document, steps.reverse());
  const all = Object.entries(inputs).flatMap(([key, value]) => leaves(value, key));
  return all.flatMap(([path, value]) => {
    const key = differenceAt(differences, path);
    if (key !== undefined) used.add(`${type} ${key}`);
    const difference = key === undefined ? path : differences[key];
    if (difference === undefined) return [];
    const { to, value: values } = typeof difference === "string" ? { to: difference, value: undefined } : difference;
    const there = key === undefined || key.endsWith(".*") ? to : to + path.slice(key.length);
    const schema = schemaAt(document, root, there);
    if (schema === undefined) return [`${name}: ${path}: ${method} has no ${there}`];
    const problem =
      value === undefined ? undefined : problemOf(schema, values === undefined ? value : values[`${value}`]);
    return problem === undefined ? [] : [`${name}: ${path} ${problem}`];
  });
}
