/**
 * The metadata server's tree: folders, lists (folders by index) and values. Names are those of
 * https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys.
 */
export type Tree = Folder | List | Leaf;

export interface Folder {
  readonly kind: "folder";
  readonly entries: Readonly<Record<string, Tree>>;
  /** Keys are the user's own: JSON keeps them as they are instead of writing them in camel case. */
  readonly verbatim?: boolean;
}

export interface List {
  readonly kind: "list";
  readonly items: readonly Tree[];
}

export interface Leaf {
  readonly kind: "leaf";
  /** As plain text. */
  readonly text: string;
  /** In JSON. */
  readonly value: string | number | readonly string[];
}

export function folder(entries: Readonly<Record<string, Tree | undefined>>, verbatim = false): Folder {
  const present = Object.entries(entries).filter((entry): entry is [string, Tree] => entry[1] !== undefined);
  return { kind: "folder", entries: Object.fromEntries(present), ...(verbatim ? { verbatim } : {}) };
}

export function list(items: readonly Tree[]): List {
  return { kind: "list", items };
}

export function text(value: string): Leaf {
  return { kind: "leaf", text: value, value };
}

/** Digits that are too many for a JavaScript number stay text. */
export function digits(value: string): Leaf {
  return { kind: "leaf", text: value, value: Number.isSafeInteger(Number(value)) ? Number(value) : value };
}

/** Shown as a JSON array in plain text too, as the instance's tags are. */
export function array(value: readonly string[]): Leaf {
  return { kind: "leaf", text: JSON.stringify(value), value };
}

/** One value a line in plain text. */
export function lines(value: readonly string[]): Leaf {
  return { kind: "leaf", text: value.map((line) => `${line}\n`).join(""), value };
}

/** What is at a path such as `instance/attributes/user-data`; undefined where nothing is. */
export function at(tree: Tree, path: readonly string[]): Tree | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return tree;
  const child = Object.hasOwn(childrenOf(tree), head) ? childrenOf(tree)[head] : undefined;
  return child && at(child, rest);
}

/** A folder's listing: one name a line, those of folders with a slash. */
export function listing(tree: Folder | List): string {
  return Object.entries(childrenOf(tree))
    .map(([name, child]) => `${name}${child.kind === "leaf" ? "" : "/"}\n`)
    .sort()
    .join("");
}

/** The whole tree as JSON. */
export function toJson(tree: Tree): unknown {
  if (tree.kind === "leaf") return tree.value;
  if (tree.kind === "list") return tree.items.map(toJson);
  return Object.fromEntries(
    Object.entries(tree.entries).map(([name, child]) => [tree.verbatim ? name : camelCase(name), toJson(child)]),
  );
}

/** The whole tree as text: a line of path and value for each leaf. */
export function toText(tree: Tree, path = ""): string {
  if (tree.kind === "leaf") return `${path} ${tree.text}\n`;
  return Object.entries(childrenOf(tree))
    .map(([name, child]) => toText(child, path === "" ? name : `${path}/${name}`))
    .join("");
}

function childrenOf(tree: Tree): Readonly<Record<string, Tree>> {
  if (tree.kind === "leaf") return {};
  return tree.kind === "folder" ? tree.entries : Object.fromEntries(tree.items.entries());
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
