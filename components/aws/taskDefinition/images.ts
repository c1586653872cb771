import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Build, Service } from "../../../compose/model.ts";
import type { ContextEntry } from "../../buildContext.ts";
import { slug } from "../../names.ts";
import type { DerivedImage } from "./model.ts";
import { ecsName } from "./names.ts";
import type { LayerEntry, MountedVolume } from "./storage.ts";

const assets = join(import.meta.dirname, "..", "prepare");
const asset = (name: string) => readFileSync(join(assets, name), "utf8");

/** Folder in the image that prepares volumes in which a volume's first content is. */
function seedFolder(volume: string): string {
  return `/seed/${volume}`;
}

/** A service's image with files of the app in it, and with links to where its secrets will be. */
export function layerImage(
  { name: service, stopSignal, platform }: Pick<Service, "name" | "stopSignal" | "platform">,
  layer: readonly LayerEntry[],
  contexts: string,
): DerivedImage {
  const context = new Map<string, ContextEntry>();
  const lines = [`# The image of ${service}, with what its compose file adds to it.`, "FROM base"];
  for (const [number, entry] of layer.entries()) {
    if (entry.kind === "file") {
      const { uid, gid, mode } = entry;
      // With --chmod the folders that are made for it would have its mode, and could not be entered.
      context.set(`files/${number}`, { kind: "file", content: entry.content, mode });
      lines.push(copy([`--chown=${uid}:${gid}`], `files/${number}`, entry.path));
    } else {
      // A link alone would be followed: only those within a folder are copied as links.
      const { folder, name } = split(entry.path);
      context.set(`links/${number}/${name}`, { kind: "link", target: entry.target });
      lines.push(copy([], `links/${number}/`, folder));
    }
  }
  if (stopSignal !== undefined) lines.push(`STOPSIGNAL ${stopSignal}`);
  const name = `${ecsName(service)}-with-files`;
  return derived(name, { base: `service:${service}` }, lines, context, { contexts, platform, service });
}

/** The image that prepares a task's volumes, with what they begin with; for the task's platform, where that is said. */
export function preparationImage(
  task: string,
  volumes: readonly MountedVolume[],
  contexts: string,
  platform?: string,
): DerivedImage {
  const seeds = new Map(volumes.flatMap(({ name, seed }) => (seed === undefined ? [] : [[name, seed] as const])));
  const context = new Map<string, ContextEntry>([
    ["prepare", { kind: "file", content: asset("prepare"), mode: 0o755 }],
  ]);
  const services: Record<string, string> = {};
  const lines = [asset("Dockerfile").trimEnd()];
  for (const [volume, seed] of [...seeds].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const to = seedFolder(volume);
    if (seed.kind === "folder") {
      context.set(`folders/${volume}`, { kind: "copy", source: seed.source, without: seed.without });
      lines.push(copy([], `folders/${volume}/`, `${to}/`));
    } else {
      services[`image-of-${ecsName(seed.service)}`] = `service:${seed.service}`;
      const take = ["/bin/sh", "/prepare", "take", "/image", seed.path, to];
      lines.push(`RUN --mount=type=bind,from=image-of-${ecsName(seed.service)},target=/image ${JSON.stringify(take)}`);
    }
  }
  const shared = platform === undefined ? "prepare" : `prepare-${slug(platform)}`;
  const name = seeds.size === 0 ? shared : `prepare-${ecsName(task)}`;
  return derived(name, services, lines, context, { contexts, platform });
}

function derived(
  name: string,
  additionalContexts: Build["additionalContexts"],
  lines: readonly string[],
  context: ReadonlyMap<string, ContextEntry>,
  { contexts, platform, service }: { contexts: string; platform: string | undefined; service?: string },
): DerivedImage {
  const folder = join(contexts, name);
  const dockerfile: ContextEntry = { kind: "file", content: `${lines.join("\n")}\n`, mode: 0o644 };
  return {
    name,
    ...(service === undefined ? {} : { service }),
    build: {
      context: folder,
      dockerfile: join(folder, "Dockerfile"),
      args: {},
      labels: {},
      platforms: platform === undefined ? [] : [platform],
      additionalContexts,
      secrets: {},
    },
    context: new Map([["Dockerfile", dockerfile], ...context]),
  };
}

/** With paths in JSON, which may have blanks; what looks like a variable stays as it is. */
function copy(flags: readonly string[], from: string, to: string): string {
  const paths = JSON.stringify([from, to].map((path) => path.replaceAll("$", () => "\\$")));
  return ["COPY", ...flags, paths].join(" ");
}

function split(path: string): { folder: string; name: string } {
  const end = path.lastIndexOf("/") + 1;
  return { folder: path.slice(0, end), name: path.slice(end) };
}
