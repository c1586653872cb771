import { isAbsolute, relative } from "node:path";
import * as build from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import type { Build } from "../compose/model.ts";
import { type Problem, UserError } from "../userError.ts";
import { addressForBuilds, type Registry } from "./registries/registry.ts";
import { type Secrets, textOutputs } from "./text.ts";

export interface BuiltImageArgs {
  /** What to build, as the compose file says. */
  build: Build;
  /** Service that the image is for, by which the registry names its repository. */
  service: string;
  /** Where the image is pushed to. */
  registry: Registry;
  /** Tag beside `latest`. @default the first 12 digits of the digest */
  tag?: string;
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
    const { registry } = args;
    const definition = checked(name, args.build);
    super("retrofit:index:BuiltImage", name, { repository: args.service }, opts);

    const repository = pulumi.output(registry.repository(args.service));
    const pushed = repository.apply((address) => addressForBuilds(registry, address));
    const common = {
      platforms: definition.platforms as build.Platform[],
      // Not `push: true`, which may skip the build.
      push: false,
      registries: [...(registry.credentials === undefined ? [] : [registry.credentials]), ...(registry.logins ?? [])],
      builder: args.builder === undefined ? undefined : { name: args.builder },
      buildOnPreview: false,
    };
    // Deleting a resource would delete the manifest, and with it the release that one may want to go back to.
    const options = { parent: this, retainOnDelete: true, dependsOn: [...registry.ready] };
    const image = new build.Image(
      `${name}-image`,
      {
        context: { location: fromHere(definition.context), named: namedContexts(definition, args.bases, registry) },
        dockerfile: { location: fromHere(definition.dockerfile) },
        target: definition.target,
        buildArgs: textOutputs(definition.args, args.secrets),
        labels: definition.labels,
        secrets:
          Object.keys(definition.secrets).length === 0 ? undefined : textOutputs(definition.secrets, args.secrets),
        ...common,
        tags: [pushed],
        // Plain manifests, so that one digest names one image everywhere; by digest alone, since a tag comes from it.
        exports: [{ registry: { ociMediaTypes: true, pushByDigest: true } }],
      },
      options,
    );
    const digest = image.digest.apply(known);
    this.reference = pulumi.interpolate`${repository}@${digest}`;

    // The same manifest once more, bit for bit. BuildKit pushes tags one after another: `latest` moves to what has a name
    // of its own. An Index would be another manifest, and cannot be used with registries that speak plain HTTP.
    new build.Image(
      `${name}-tags`,
      {
        context: {
          location: "-",
          named: { pushed: { location: pulumi.interpolate`docker-image://${pushed}@${digest}` } },
        },
        dockerfile: { inline: "FROM pushed\n" },
        ...common,
        tags: [
          pulumi.interpolate`${pushed}:${args.tag ?? digest.apply(shortened)}`,
          pulumi.interpolate`${pushed}:latest`,
        ],
        exports: [{ registry: { ociMediaTypes: true } }],
      },
      options,
    );
    this.registerOutputs({ reference: this.reference });
  }
}

/** The preview of a rebuild has an empty digest, and `repository@` is no reference: zeros until it is known. */
function known(digest: string): string {
  return digest === "" ? `sha256:${"0".repeat(64)}` : digest;
}

/** `3f2a...` of `sha256:3f2a...`, as long as Docker shows ids. */
function shortened(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/**
 * A path of the checkout from its folder, which is the program's and its plugins': the same files in another checkout are no
 * change. Any other path as it is.
 */
function fromHere(path: string): string {
  const from = relative(process.cwd(), path);
  return isAbsolute(path) && !from.startsWith("..") ? `./${from}` : path;
}

function namedContexts(
  definition: Build,
  bases: Readonly<Record<string, pulumi.Input<string>>>,
  registry: Registry,
): Record<string, build.types.input.ContextArgs> {
  return Object.fromEntries(
    Object.entries(definition.additionalContexts).map(([context, location]) => {
      const base = bases[location.replace(/^service:/, "")];
      if (base === undefined) return [context, { location: fromHere(location) }];
      const pulled = pulumi.output(base).apply((image) => addressForBuilds(registry, image));
      return [context, { location: pulumi.interpolate`docker-image://${pulled}` }];
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
