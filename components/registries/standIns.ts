import type { App } from "../../compose/model.ts";
import type { Problem } from "../../userError.ts";
import { basesOf, buildsOf, imagesBehind } from "../baseImages.ts";
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
  const built = buildsOf(app, pinned).flatMap((build) =>
    basesOf(build)
      .filter((base) => standIns.includes(base))
      .map((base): [string, string] => [`${build.dockerfile}: FROM ${base}`, base]),
  );
  return [...new Map(built)].sort().map(([where, base]) => ({
    where,
    what: `here ${base} is a stand-in with this machine's certificates and settings in it, and ${host} is another machine's registry`,
    mend: "Deploy from a machine that reaches Docker Hub (where this one does by now: RETROFIT_DOWNLOADS=official npm run setup -- base-images), or set retrofit:registry to one on this machine",
  }));
}

/**
 * The set-up makes only the stand-ins that the stacks deployed by `npm start` and `npm run pulumi --` take.
 *
 * @param standIns names of the images that are stand-ins here
 * @param possible names of the images that the set-up can make stand-ins for
 * @param pinned services whose image is given
 * @returns a problem where an app takes some beside them, for when Docker Hub cannot be reached
 */
export function lackingStandIns(
  app: App,
  standIns: readonly string[],
  possible: readonly string[],
  pinned: readonly string[],
): Problem[] {
  if (standIns.length === 0) return [];
  const lacking = imagesBehind(app, pinned).filter((image) => possible.includes(image) && !standIns.includes(image));
  if (lacking.length === 0) return [];
  return [
    {
      where: app.file,
      what: `takes ${lacking.join(", ")}, for which there is no stand-in here yet, and Docker Hub cannot be reached`,
      mend: "Run npm run setup -- base-images, or deploy by npm start, which makes what is missing",
    },
  ];
}
