import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { App, Build } from "../../compose/model.ts";
import { type ContextEntry, writeContext } from "../buildContext.ts";
import { BuiltImage } from "../builtImage.ts";
import { bindVolume, type CarriedBinds } from "../carriedBinds.ts";
import { slug } from "../names.ts";
import type { Registry } from "../registries/registry.ts";
import type { Secrets } from "../text.ts";

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

/**
 * An image of nothing but its content for each folder that is bound read-only, by the folder's path. On the VM it fills a volume: a layer on
 * the service's image would show what that has there as well.
 *
 * @param contexts folder in which they are put together
 */
export function folderImages(
  name: string,
  args: Building & { readonly app: App; readonly contexts: string },
  binds: CarriedBinds,
  parent: pulumi.Resource,
): Record<string, pulumi.Output<string>> {
  const { app, registry, builder, secrets } = args;
  const images = [...binds].flatMap(([source, bind]): [string, pulumi.Output<string>][] => {
    if (bind.kind !== "folder") return [];
    const secretPaths = [...bind.secrets.keys()];
    const folder = bindVolume(app, source);
    const context = join(args.contexts, folder);
    // A secret is mounted over a file that is there already.
    const empty = secretPaths.map((path): [string, ContextEntry] => [path, { kind: "file", content: "", mode: 0o444 }]);
    const entries: [string, ContextEntry][] = [[".", { kind: "copy", source, without: secretPaths }], ...empty];
    writeContext(context, new Map(entries));
    const image = new BuiltImage(
      `${name}-${slug(folder)}`,
      {
        build: plainBuild(context, join(import.meta.dirname, "folders", "Dockerfile")),
        service: slug(folder),
        registry,
        builder,
        secrets,
        bases: {},
      },
      { parent },
    );
    return [[source, image.reference]];
  });
  return Object.fromEntries(images);
}

function plainBuild(context: string, dockerfile: string): Build {
  return { context, dockerfile, args: {}, labels: {}, platforms: [], additionalContexts: {}, secrets: {} };
}
