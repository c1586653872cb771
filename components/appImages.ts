import * as pulumi from "@pulumi/pulumi";
import type { App, Build, ImageSource, Service } from "../compose/model.ts";
import { type Problem, UserError } from "../userError.ts";
import { BuiltImage } from "./builtImage.ts";
import type { Registry } from "./registries/registry.ts";
import type { Secrets } from "./text.ts";

export interface AppImagesArgs {
  app: App;
  /** Where built images are pushed to. */
  registry: Registry;
  /** Tag of every built image beside `latest`. @default from each one's digest */
  tag?: string;
  /** Name of the buildx builder. @default Docker's current one */
  builder?: string;
  /** References to deploy instead of building, by service. @default {} */
  pinned?: Readonly<Record<string, string>>;
  /** Values of the secret variables. */
  secrets: Secrets;
}

/** The image that a service runs. */
export interface AppImage {
  /** By digest where it was built; as the compose file has it where it comes from a registry. */
  readonly reference: pulumi.Output<string>;
  /** Whether it belongs to this app, so that it goes with it. */
  readonly own: boolean;
}

/** Every image of an app: each distinct build once, in the order in which images extend one another. */
export class AppImages extends pulumi.ComponentResource {
  /** By service. */
  readonly images: Readonly<Record<string, AppImage>>;

  constructor(name: string, args: AppImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    const sources = checked(args);
    super("retrofit:index:AppImages", name, {}, opts);

    const { registry, tag, builder, secrets } = args;
    const built = new Map<string, BuiltImage>();
    const imageOf = (service: string): AppImage => {
      const source = sources[service] ?? extended(args.app, service);
      if (source.kind === "registry") return { reference: pulumi.output(source.reference), own: false };

      const key = JSON.stringify(source.build);
      let image = built.get(key);
      if (image === undefined) {
        const bases = Object.values(source.build.additionalContexts)
          .filter((location) => location.startsWith("service:"))
          .map((location) => location.slice("service:".length));
        image = new BuiltImage(
          `${name}-${service}`,
          {
            build: source.build,
            service,
            registry,
            tag,
            builder,
            secrets,
            bases: Object.fromEntries(bases.map((base) => [base, imageOf(base).reference])),
          },
          { parent: this },
        );
        built.set(key, image);
      }
      return { reference: image.reference, own: true };
    };

    this.images = Object.fromEntries(Object.keys(sources).map((service) => [service, imageOf(service)]));
    this.registerOutputs({ references: referencesOf(this.images) });
  }
}

/** Whether any image of the app is built, and pushed, rather than pulled. */
export function buildsImages(app: App, pinned: Readonly<Record<string, string>> = {}): boolean {
  return [...app.services.values()].some(({ name, image }) => image.kind === "build" && !(name in pinned));
}

/** The references alone, by service. */
export function referencesOf(images: Readonly<Record<string, AppImage>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(images).map(([service, { reference }]) => [service, reference]));
}

/** Where each service's image comes from, sorted by service so that shared builds keep their name. */
function checked({ app, pinned = {} }: AppImagesArgs): Record<string, ImageSource> {
  const services = [...app.services.values()];
  const problems: Problem[] = Object.keys(pinned)
    .filter((service) => !app.services.has(service))
    .map((service) => ({
      where: `retrofit:images.${service}`,
      what: `${app.file} has no such service`,
      mend: `Give one of: ${[...app.services.keys()].sort().join(", ")}`,
    }));
  if (problems.length > 0) throw new UserError(problems);

  const names = services.map(({ name }) => name).sort();
  return Object.fromEntries(names.map((name) => [name, sourceOf(app.services.get(name) as Service, services, pinned)]));
}

/** What is built to be extended and runs itself nowhere. */
function extended({ builds }: App, service: string): ImageSource {
  return { kind: "build", build: builds?.get(service) as Build };
}

/** A pinned image first; and a service that names the image which another builds runs what that one built. */
function sourceOf(
  service: Service,
  services: readonly Service[],
  pinned: Readonly<Record<string, string>>,
): ImageSource {
  const pin = pinned[service.name];
  if (pin !== undefined) return { kind: "registry", reference: pin };
  if (service.image.kind === "build") return service.image;
  const { reference } = service.image;
  const builder = services.find(({ image }) => image.kind === "build" && image.reference === reference);
  return builder?.image ?? service.image;
}
