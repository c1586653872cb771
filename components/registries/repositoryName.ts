import type { App } from "../../compose/model.ts";

/** A name as one component of a repository's path: lower case, with single separators between letters and digits only. */
export function pathComponent(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/[._-]+/g, (separator) => (/^(\.|__?|-+)$/.test(separator) ? separator : "-"))
    .replaceAll(/^[._-]+|[._-]+$/g, "");
}

/**
 * The repository of each of an app's services below a user or project that other apps share: the app's name, and the
 * service's where the app builds more than one image. Without folders, which Docker Hub does not have.
 */
export function flatNames(app: App): (service: string) => string {
  const built = [...app.services.values()].flatMap(({ image }) => (image.kind === "build" ? [image.build] : []));
  const builds = new Set([...built, ...(app.builds?.values() ?? [])].map((build) => JSON.stringify(build)));
  return (service) => pathComponent(builds.size > 1 ? `${app.name}-${service}` : app.name);
}
