import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { App, Build } from "../compose/model.ts";
import { imagesIn } from "./dockerfile.ts";

/**
 * The images from elsewhere that an app is made of: those that its services run and those that it is built on.
 * @param pinned services whose image is given, and so neither built nor pulled by the name in the compose file
 */
export function imagesBehind(app: App, pinned: readonly string[] = []): string[] {
  const run = [...app.services.values()].flatMap(({ name, image }) =>
    image.kind === "registry" && !pinned.includes(name) ? [officialName(image.reference)] : [],
  );
  return [...new Set([...run, ...buildsOf(app, pinned).flatMap(basesOf)])].sort();
}

/** Everything that is built for an app. */
export function buildsOf(app: App, pinned: readonly string[]): Build[] {
  const services = [...app.services.values()].flatMap(({ name, image }) =>
    image.kind === "build" && !pinned.includes(name) ? [image.build] : [],
  );
  return [...services, ...(app.builds?.values() ?? [])];
}

/** The images from elsewhere that a build takes something from. */
export function basesOf({ dockerfile, args, additionalContexts }: Build): string[] {
  const contexts = Object.values(additionalContexts).flatMap((location) =>
    location.startsWith("docker-image://") ? [location.slice("docker-image://".length)] : [],
  );
  const named = existsSync(dockerfile) ? imagesIn(readFileSync(dockerfile, "utf8"), args) : [];
  const images = named.filter((name) => !(name in additionalContexts));
  return [...new Set([...images, ...contexts].map(officialName))];
}

/** The images from elsewhere that the Dockerfiles below a folder name, which are a target's own. */
export function imagesBelow(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  return files
    .filter((file) => basename(file) === "Dockerfile")
    .flatMap((file) => imagesIn(readFileSync(join(folder, file), "utf8")).map(officialName));
}

/** An image of Docker Hub as people write it: `nginx:1.28`, not `docker.io/library/nginx:1.28`. */
function officialName(reference: string): string {
  return reference.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
}
