import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { AppImages, buildsImages } from "../components/appImages.ts";
import { knownReleases } from "../components/knownReleases.ts";
import { proveLogin, proveLogins } from "../components/registries/login.ts";
import type { Registry } from "../components/registries/registry.ts";
import { lackingStandIns, leavingStandIns } from "../components/registries/standIns.ts";
import type { App } from "../compose/model.ts";
import type { CommonConfig } from "../config.ts";
import { recipes } from "../tools/images/recipes.mjs";
import { dockerHubProblem } from "../tools/services/dockerHub.mjs";
import { UserError } from "../userError.ts";

/** A folder of this stack's own in which images are put together. */
export function contextsFolder(): string {
  return join(import.meta.dirname, "..", ".retrofit", "contexts", pulumi.getStack());
}

const possibleStandIns = recipes.map(({ image }) => image);

/** The images of an app: built and pushed, or those of an earlier release. @throws UserError */
export async function imagesOf(app: App, registry: Registry, config: CommonConfig): Promise<AppImages> {
  const pinned = config.release === undefined ? config.images : await imagesOfRelease(config.release, config.file);
  const host = registry.mirror ?? registry.host;
  const leaving = leavingStandIns(app, host, config.standIns, Object.keys(pinned));
  if (leaving.length > 0) {
    const error = new UserError(leaving);
    // A preview pushes nothing.
    if (!pulumi.runtime.isDryRun()) throw error;
    await pulumi.log.warn(error.message);
  }
  if (!pulumi.runtime.isDryRun()) {
    const lacking = lackingStandIns(app, config.standIns, possibleStandIns, Object.keys(pinned));
    if (lacking.length > 0 && (await dockerHubProblem(process.env)) !== undefined) throw new UserError(lacking);
    const { login, logins } = config.registry;
    if (login !== undefined || buildsImages(app, pinned)) await proveLogin(host, login, config.file);
    // The embedded cloud's registries are not those of the names.
    if (registry.mirror === undefined) await proveLogins(logins, config.file);
  }
  const { builder, secrets } = config;
  return new AppImages(app.name, { app, registry, tag: config.registry.tag, builder, pinned, secrets });
}

async function imagesOfRelease(release: string, file: string): Promise<Readonly<Record<string, string>>> {
  const known = await knownReleases();
  const found = known.find(({ id }) => id === release);
  if (found !== undefined) return found.images;
  const ids = known.map(({ id }) => id);
  const mend =
    ids.length === 0
      ? "Name images in retrofit:images instead: this stack has deployed no release that can be named"
      : `Give one of the output "releases", the newest first: ${ids.join(", ")}`;
  throw new UserError([{ where: `${file}: retrofit:release`, what: `no release "${release}" is known`, mend }]);
}
