import { readFileSync } from "node:fs";
import type { App } from "../../compose/model.ts";
import type { Problem } from "../../userError.ts";
import { isLocal } from "./location.ts";

/**
 * Where Docker Hub cannot be reached, the set-up makes stand-ins under the names of official images. They carry this
 * machine's certificates and package sources, which must not leave it.
 *
 * @param host where images are pushed to
 * @param standIns names of the images that are stand-ins here
 * @param pinned services whose image is not built
 * @returns a problem for every Dockerfile that builds on one, where the registry is on another machine
 */
export function leavingStandIns(
  app: App,
  host: string,
  standIns: readonly string[],
  pinned: readonly string[],
): Problem[] {
  if (isLocal(host) || standIns.length === 0) return [];
  const builds = [...app.services.values()].flatMap(({ name, image }) =>
    image.kind === "build" && !pinned.includes(name) ? [image.build] : [],
  );
  const dockerfiles = new Set([...builds, ...(app.builds?.values() ?? [])].map(({ dockerfile }) => dockerfile));
  return [...dockerfiles].sort().flatMap((file) =>
    basesOf(readFileSync(file, "utf8"))
      .filter((base) => standIns.includes(base))
      .map(
        (base): Problem => ({
          where: `${file}: FROM ${base}`,
          what: `here ${base} is a stand-in with this machine's certificates and settings in it, and ${host} is another machine's registry`,
          mend: "Deploy from a machine that reaches Docker Hub, or set retrofit:registry to one on this machine",
        }),
      ),
  );
}

/** The images that a Dockerfile builds on, each once. */
export function basesOf(dockerfile: string): string[] {
  const bases = [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)/gim)].map(([, base]) => base as string);
  return [...new Set(bases)];
}
