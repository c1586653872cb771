import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { App, Build } from "../../compose/model.ts";
import { type AppImage, referencesOf } from "../appImages.ts";
import { BuiltImage } from "../builtImage.ts";
import { slug } from "../names.ts";
import type { Registry } from "../registries/registry.ts";
import type { Secrets } from "../text.ts";
import { bindsOf, type CarriedBinds } from "./carriedBinds.ts";

/** What building an image takes. */
interface Building {
  readonly registry: Registry;
  readonly builder?: string;
  readonly secrets: Secrets;
}

/** The image that mounts buckets. */
export function gcsfuseImage(name: string, building: Building, parent: pulumi.Resource): BuiltImage {
  const { registry, builder, secrets } = building;
  const context = join(import.meta.dirname, "gcsfuse");
  return new BuiltImage(
    `${name}-gcsfuse`,
    {
      build: plainBuild(context, join(context, "Dockerfile")),
      service: "gcsfuse",
      registry,
      builder,
      secrets,
      bases: {},
    },
    { parent },
  );
}

/** The images of the services; those with read-only binds of folders with these folders in them. */
export function imagesWithFolders(
  name: string,
  args: Building & { readonly app: App; readonly images: Readonly<Record<string, AppImage>> },
  binds: CarriedBinds,
  parent: pulumi.Resource,
): Record<string, pulumi.Output<string>> {
  const { app, registry, builder, secrets } = args;
  const images = referencesOf(args.images);
  for (const { service, mount } of bindsOf(app)) {
    if (mount.cloud !== undefined || !binds.folders.has(mount.source)) continue;
    const image = new BuiltImage(
      `${name}-${service.name}-${slug(mount.target)}`,
      {
        build: {
          ...plainBuild(mount.source, join(import.meta.dirname, "folders", "Dockerfile")),
          args: { TARGET: mount.target },
          additionalContexts: { base: "service:base" },
        },
        service: `${service.name}-with-folders`,
        registry,
        builder,
        secrets,
        bases: { base: images[service.name] as pulumi.Output<string> },
      },
      { parent },
    );
    images[service.name] = image.reference;
  }
  return images;
}

function plainBuild(context: string, dockerfile: string): Build {
  return { context, dockerfile, args: {}, labels: {}, platforms: [], additionalContexts: {}, secrets: {} };
}
