import * as build from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import type { Build } from "../compose/model.ts";
import { type Problem, UserError } from "../userError.ts";
import type { Registry } from "./registries/registry.ts";
import { type Secrets, textOutputs } from "./text.ts";

export interface BuiltImageArgs {
  /** What to build, as the compose file says. */
  build: Build;
  /** Name of the repository within the registry. */
  repository: string;
  /** Where the image is pushed to. */
  registry: Registry;
  /** Name of the buildx builder. @default Docker's current one */
  builder?: string;
  /** References of the images that named contexts `service:<name>` stand for. */
  bases: Readonly<Record<string, pulumi.Input<string>>>;
  /** Values of the secret variables. */
  secrets: Secrets;
}

/** An image built from its Dockerfile and pushed; built again only when the content of its context has changed. */
export class BuiltImage extends pulumi.ComponentResource {
  /** The image by digest: `127.0.0.1:5050/shop-dev/web@sha256:...`. */
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: BuiltImageArgs, opts?: pulumi.ComponentResourceOptions) {
    const { registry, builder } = args;
    const definition = checked(name, args.build);
    super("retrofit:index:BuiltImage", name, { repository: args.repository }, opts);

    const repository = pulumi.output(registry.repository(args.repository));
    const image = new build.Image(
      `${name}-image`,
      {
        context: { location: definition.context, named: namedContexts(definition, args.bases) },
        dockerfile: { location: definition.dockerfile },
        target: definition.target,
        buildArgs: textOutputs(definition.args, args.secrets),
        labels: definition.labels,
        secrets:
          Object.keys(definition.secrets).length === 0 ? undefined : textOutputs(definition.secrets, args.secrets),
        platforms: definition.platforms as build.Platform[],
        tags: [pulumi.interpolate`${repository}:latest`],
        // Not `push: true`, which may skip the build; plain manifests, so that one digest names one image everywhere.
        push: false,
        exports: [{ registry: { ociMediaTypes: true } }],
        registries: registry.credentials === undefined ? [] : [registry.credentials],
        builder: builder === undefined ? undefined : { name: builder },
        buildOnPreview: false,
      },
      // Deleting the resource would delete the manifest, and with it the release that one may want to go back to.
      { parent: this, retainOnDelete: true, dependsOn: [...registry.ready] },
    );

    this.reference = pulumi.interpolate`${repository}@${image.digest}`;
    this.registerOutputs({ reference: this.reference });
  }
}

function namedContexts(
  definition: Build,
  bases: Readonly<Record<string, pulumi.Input<string>>>,
): Record<string, build.types.input.ContextArgs> {
  return Object.fromEntries(
    Object.entries(definition.additionalContexts).map(([context, location]) => {
      const base = bases[location.replace(/^service:/, "")];
      return [context, { location: base === undefined ? location : pulumi.interpolate`docker-image://${base}` }];
    }),
  );
}

function checked(name: string, definition: Build): Build {
  const problems: Problem[] = Object.entries(definition.args)
    .filter(([, value]) => typeof value !== "string")
    .map(([argument]) => ({
      where: `${definition.dockerfile}: build argument ${argument} of ${name}`,
      what: "its value is secret, and build arguments can be read from the image's history",
      mend: "Hand it over under build.secrets and mount it in the RUN step that needs it",
    }));
  if (problems.length > 0) throw new UserError(problems);
  return definition;
}
