import type * as pulumi from "@pulumi/pulumi";
import type { App } from "../../compose/model.ts";
import { type AppImage, referencesOf } from "../appImages.ts";
import { writeContext } from "../buildContext.ts";
import { BuiltImage } from "../builtImage.ts";
import type { Registry } from "../registries/registry.ts";
import type { Secrets } from "../text.ts";
import type { Plan } from "./taskDefinition/model.ts";

/** What building the target's own images takes. */
interface Building {
  readonly plan: Plan;
  /** The app's own image of each service. */
  readonly images: Readonly<Record<string, AppImage>>;
  readonly registry: Registry;
  readonly builder?: string;
  readonly secrets: Secrets;
}

/** What runs on ECS. */
export interface OwnImages {
  /** By service: the app's own, or what was made of it. */
  readonly references: Readonly<Record<string, pulumi.Output<string>>>;
  /** Those that prepare volumes, by name. */
  readonly preparations: Readonly<Record<string, pulumi.Output<string>>>;
  /** Services whose image was built for this app, and so is known by the digest that its registry gave it. */
  readonly built: ReadonlySet<string>;
}

/** The images that a plan makes of the app's own. */
export function createOwnImages(name: string, building: Building, parent: pulumi.Resource): OwnImages {
  const { plan, images, registry, builder, secrets } = building;
  const bases = referencesOf(images);
  const references = { ...bases };
  const preparations: Record<string, pulumi.Output<string>> = {};
  const built = new Set(Object.keys(images).filter((service) => images[service]?.own));
  for (const image of plan.images) {
    writeContext(image.build.context, image.context);
    const { reference } = new BuiltImage(
      `${name}-${image.name}`,
      { build: image.build, service: image.name, registry, builder, secrets, bases },
      { parent },
    );
    if (image.service === undefined) preparations[image.name] = reference;
    else {
      references[image.service] = reference;
      built.add(image.service);
    }
  }
  return { references, preparations, built };
}

/** Whose images need a repository: every service that is built, whether or not this release builds it, and the plan's own. */
export function repositoriesOf(app: App, plan: Plan): string[] {
  const services = [...app.services.values()].flatMap(({ name, image }) => (image.kind === "build" ? [name] : []));
  return [...new Set([...services, ...(app.builds?.keys() ?? []), ...plan.images.map(({ name }) => name)])].sort();
}
