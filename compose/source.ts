import { dirname, relative, resolve } from "node:path";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import type { Path } from "./path.ts";

interface Source {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

interface Place {
  readonly source: Source;
  readonly offset: number;
  /** How many steps of the path were found. */
  readonly depth: number;
}

/** The compose files as the user wrote them: finds the line of a field. Parsed only when a place is asked for. */
export class Sources {
  private readonly files: readonly string[];
  private readonly read: (file: string) => string | undefined;
  private readonly parsed = new Map<string, Source | undefined>();

  /** `files` in Compose's order, later ones override; `read` gives undefined for what cannot be read. */
  constructor(files: readonly string[], read: (file: string) => string | undefined) {
    this.files = files;
    this.read = read;
  }

  /** The compose file itself. */
  get first(): string {
    return this.files[0] ?? "";
  }

  /** `compose.yaml:12`: the line of the deepest part of the path that is written somewhere; without any, the file's name. */
  where(path: Path): string {
    const place = this.find(path);
    return place && place.depth > 0 ? this.at(place.source.file, line(place)) : this.name(this.first);
  }

  /** Whether the whole path is written in one of the files. */
  has(path: Path): boolean {
    return this.find(path)?.depth === path.length;
  }

  /** Name of a file as messages show it, seen from the folder of the first compose file. */
  name(file: string): string {
    return relative(dirname(this.first), file);
  }

  at(file: string, line: number): string {
    return `${this.name(file)}:${line}`;
  }

  /** Where the pattern first occurs in the files, comments aside. */
  search(pattern: RegExp): string | undefined {
    for (const source of this.all()) {
      const lines = source.text.split("\n");
      const index = lines.findIndex((text) => pattern.test(text.replace(/(^|\s)#.*$/, "")));
      if (index >= 0) return this.at(source.file, index + 1);
    }
    return undefined;
  }

  /** The first place that is no YAML, told more exactly than Compose does. */
  broken(): { readonly where: string; readonly what: string } | undefined {
    for (const { file, document, lines } of this.all()) {
      const error = document.errors[0];
      if (error) return { where: this.at(file, lines.linePos(error.pos[0]).line), what: error.message };
    }
    return undefined;
  }

  private find(path: Path): Place | undefined {
    let best: Place | undefined;
    for (const source of this.all().toReversed()) {
      const place = this.findIn(source, path, new Set());
      if (best === undefined || place.depth > best.depth) best = place;
    }
    return best;
  }

  private findIn(source: Source, path: Path, seen: Set<string>): Place {
    let best = descend(source, path);
    const base =
      best.depth >= 2 && best.depth < path.length && path[0] === "services" ? this.baseOf(source, path[1]) : undefined;
    if (base && !seen.has(`${base.source.file} ${base.service}`)) {
      seen.add(`${base.source.file} ${base.service}`);
      const inherited = this.findIn(base.source, ["services", base.service, ...path.slice(2)], seen);
      if (inherited.depth > best.depth) best = inherited;
    }
    return best;
  }

  private baseOf(source: Source, service: string | number | undefined) {
    const document = source.document;
    const extended = document.getIn(["services", service, "extends"]);
    const [name, file] = isMap(extended) ? [extended.get("service"), extended.get("file")] : [extended, undefined];
    if (typeof name !== "string") return undefined;
    const base = typeof file === "string" ? this.parse(resolve(dirname(source.file), file)) : source;
    return base && { source: base, service: name };
  }

  private all(): Source[] {
    const sources = this.files.flatMap((file) => this.parse(file) ?? []);
    for (const source of sources) {
      const included = source.document.get("include");
      if (!isSeq(included)) continue;
      for (const item of included.items) {
        const paths = isMap(item) ? item.get("path") : item;
        for (const path of isSeq(paths) ? paths.items : [paths]) {
          const text = isScalar(path) ? path.value : path;
          const file = typeof text === "string" ? this.parse(resolve(dirname(source.file), text)) : undefined;
          if (file && !sources.includes(file)) sources.push(file);
        }
      }
    }
    return sources;
  }

  private parse(file: string): Source | undefined {
    if (!this.parsed.has(file)) {
      const text = this.read(file);
      const lines = new LineCounter();
      this.parsed.set(
        file,
        text === undefined
          ? undefined
          : {
              file,
              text,
              lines,
              document: parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false }),
            },
      );
    }
    return this.parsed.get(file);
  }
}

function line({ source, offset }: Place): number {
  return source.lines.linePos(offset).line;
}

function descend(source: Source, path: Path): Place {
  let node: unknown = source.document.contents;
  let offset = 0;
  let depth = 0;
  for (const step of path) {
    const child = childOf(node, step, source.document);
    if (!child) break;
    [node, offset] = [child.node, child.offset];
    depth++;
  }
  return { source, offset, depth };
}

function childOf(
  parent: unknown,
  step: string | number,
  document: Document,
): { readonly node: unknown; readonly offset: number } | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isMap(node)) {
    for (const pair of node.items)
      if (keyOf(pair) === String(step)) return { node: pair.value, offset: start(pair.key) };
    for (const pair of node.items) {
      if (keyOf(pair) !== "<<") continue;
      for (const merged of isSeq(pair.value) ? pair.value.items : [pair.value]) {
        const child = childOf(merged, step, document);
        if (child) return child;
      }
    }
  }
  if (isSeq(node)) {
    const item =
      typeof step === "number"
        ? node.items[step]
        : node.items.find(
            (item) => isScalar(item) && (item.value === step || String(item.value).startsWith(`${step}=`)),
          );
    if (item) return { node: item, offset: start(item) };
  }
  return undefined;
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function start(node: unknown): number {
  return (node as Node | undefined)?.range?.[0] ?? 0;
}
