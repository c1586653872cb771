import { dirname } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { App, Service, Volume } from "../../compose/model.ts";
import { type AppImage, referencesOf } from "../appImages.ts";
import { type Endpoint, mainEndpoint, urlOf } from "../endpoint.ts";
import type { Registry } from "../registries/registry.ts";
import { type Secrets, secretValues } from "../text.ts";
import { containerArgs } from "./containerArgs.ts";
import { Engine } from "./engine.ts";
import { closedFolders, uploads } from "./files.ts";
import { imagePuller } from "./imagePuller.ts";
import { ReleaseGate } from "./releaseGate.ts";

export interface DeploymentArgs {
  app: App;
  /** The image of each service. */
  images: Readonly<Record<string, AppImage>>;
  /** Whose login images are pulled with. @default without one */
  registry?: Registry;
  /** Values of the secret variables. */
  secrets: Secrets;
  /** Address for published ports that the compose file gives none. @default "127.0.0.1" */
  bind?: string;
  /** Keep the volumes when the stack is destroyed. @default false */
  keepVolumes?: boolean;
  /** Seconds that the release may take. @default 180 */
  timeout?: number;
  /** Address of the engine, for what the provider does not do. @default what Docker's command line uses */
  host?: string;
}

/** Where a release answers. */
export interface Released {
  /** Where to open the app. Undefined where nothing is published. */
  readonly url: string | undefined;
  /** Every published TCP port, by `service:port`. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** An app on one Docker engine: networks, volumes and containers, and the wait until they are released. */
export class Deployment extends pulumi.ComponentResource {
  /** Resolves once this release answers, in a preview at once. @throws RunError when it does not */
  readonly released: () => Promise<Released>;

  readonly #name: string;
  readonly #args: DeploymentArgs;

  constructor(name: string, args: DeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:docker:Deployment", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { app, images, bind = "127.0.0.1", timeout = 180, host } = args;

    const networks = this.#createNetworks();
    const imageIds = this.#pullImages();
    const volumes = this.#createVolumes();
    const references = pulumi.output(referencesOf(images));
    const gate = new ReleaseGate(new Engine(host), stackLabel(), references, secretValues(app, args.secrets), timeout);

    for (const service of app.services.values()) {
      const imageId = imageIds[service.name] as pulumi.Output<string>;
      const files = this.#createFiles(service, imageId);
      const container = new docker.Container(
        `${name}-${service.name}`,
        containerArgs(service, {
          imageId,
          networks,
          volumes,
          readOnlyVolumes: readOnlyVolumes(app, service),
          fileVolumes: files.volumes,
          labels: {
            "retrofit.stack": stackLabel(),
            "retrofit.service": service.name,
            "retrofit.image": images[service.name]?.reference as pulumi.Output<string>,
            // Changed files are new ones for a process only after a restart.
            ...(files.carrier && { "retrofit.files": files.carrier.id }),
            // A job runs once a release: a new image of any service replaces it.
            ...(service.job ? { "retrofit.release": releaseOf(references) } : {}),
          },
          bind,
          secrets: args.secrets,
        }),
        {
          parent: this,
          dependsOn: gate.dependencies(service, suppliers(app, service)),
          // The provider takes these for changes in place, and then applies none of them.
          replaceOnChanges: ["healthcheck", "init", "mounts"],
        },
      );
      gate.watch(service, container);
    }

    this.released = async () => {
      const endpoints = await gate.released(endpointsOf(app, bind, host));
      const main = mainEndpoint(endpoints);
      return {
        url: main && urlOf(main),
        endpoints: Object.fromEntries(
          endpoints.map((endpoint) => [`${endpoint.service}:${endpoint.target}`, urlOf(endpoint)]),
        ),
      };
    };
    this.registerOutputs({ services: [...app.services.keys()] });
  }

  #createNetworks(): Record<string, pulumi.Input<string>> {
    return mapValues(this.#args.app.networks, (network) => {
      if (network.external !== undefined) return network.external;
      const { internal, driver, driverOpts, labels, subnets } = network;
      return new docker.Network(
        `${this.#name}-${network.name}-network`,
        {
          internal,
          driver,
          options: driverOpts,
          labels: labelList(labels),
          ipamConfigs: subnets.length === 0 ? undefined : subnets.map((subnet) => ({ ...subnet })),
        },
        { parent: this },
      ).name;
    });
  }

  /** Each image once, pulled by digest where it is the app's own; that one goes with the stack, others stay cached. */
  #pullImages(): Record<string, pulumi.Output<string>> {
    const { images, registry } = this.#args;
    const provider = registry && imagePuller(`${this.#name}-puller`, registry, { parent: this });
    return Object.fromEntries(
      Object.entries(images).map(([service, { reference, own }]) => [
        service,
        new docker.RemoteImage(
          `${this.#name}-${service}-image`,
          { name: reference, keepLocally: !own },
          { parent: this, provider },
        ).imageId,
      ]),
    );
  }

  #createVolumes(): Record<string, pulumi.Input<string>> {
    return mapValues(this.#args.app.volumes, (volume) => {
      if (volume.external !== undefined) return volume.external;
      return this.#createVolume(
        `${volume.name}-volume`,
        volume.storage === "image" ? volume.imageOf : undefined,
        volume,
      );
    });
  }

  /**
   * Files that a container cannot take itself lie on a volume a folder, filled by a container of the same image that is never
   * started. Docker fills each volume from the image first, so that nothing else at that folder is lost.
   */
  #createFiles(service: Service, imageId: pulumi.Input<string>): Files {
    const folders = closedFolders(service);
    if (folders.length === 0) return { volumes: {} };
    const volumes = Object.fromEntries(
      folders.map((folder) => [
        folder,
        this.#createVolume(`${service.name}${folder.replaceAll("/", "-")}`, service.name),
      ]),
    );
    const carrier = new docker.Container(
      `${this.#name}-${service.name}-files`,
      {
        image: imageId,
        start: false,
        mustRun: false,
        networkMode: "none",
        mounts: folders.map((folder) => ({ type: "volume", source: volumes[folder], target: folder })),
        uploads: uploads(
          service.files.filter(({ target }) => folders.includes(dirname(target))),
          this.#args.secrets,
        ),
        labels: labelList({ "retrofit.stack": stackLabel(), "retrofit.files": service.name }),
      },
      { parent: this },
    );
    return { volumes, carrier };
  }

  /** A volume whose content comes from an image is a new one for each digest: Docker fills only an empty one. */
  #createVolume(suffix: string, imageOf: string | undefined, volume?: Volume): pulumi.Output<string> {
    const { images, keepVolumes = false } = this.#args;
    const origin: Record<string, pulumi.Input<string>> = imageOf === undefined
      ? {}
      : { "retrofit.image": images[imageOf]?.reference as pulumi.Output<string> };
    return new docker.Volume(
      `${this.#name}-${suffix}`,
      { driver: volume?.driver, driverOpts: volume?.driverOpts, labels: labelList({ ...volume?.labels, ...origin }) },
      { parent: this, retainOnDelete: keepVolumes && imageOf === undefined },
    ).name;
  }
}

interface Files {
  /** By folder in the container. */
  readonly volumes: Record<string, pulumi.Input<string>>;
  readonly carrier?: docker.Container;
}

/** The stack that a container belongs to, for whoever looks at the engine. */
export function stackLabel(): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

/** What tells one release from another: every image, in a canonical order. */
function releaseOf(references: pulumi.Output<Record<string, string>>): pulumi.Output<string> {
  return references.apply((images) =>
    Object.keys(images)
      .sort()
      .map((service) => images[service])
      .join(" "),
  );
}

/** Services whose image fills a volume that this one mounts: their containers come first. */
function suppliers(app: App, service: Service): string[] {
  return [...imageVolumes(app, service)].flatMap(({ imageOf }) =>
    imageOf === undefined || imageOf === service.name ? [] : [imageOf],
  );
}

function readOnlyVolumes(app: App, service: Service): ReadonlySet<string> {
  const others = imageVolumes(app, service).filter(({ imageOf }) => imageOf !== service.name);
  return new Set(others.map(({ name }) => name));
}

function imageVolumes(app: App, service: Service): Volume[] {
  return service.mounts.flatMap((mount) => {
    const volume = mount.kind === "volume" ? app.volumes.get(mount.volume) : undefined;
    return volume?.storage === "image" ? [volume] : [];
  });
}

/** @param host address of the engine */
export function endpointsOf(app: App, bind: string, host?: string): Endpoint[] {
  const machine = otherMachine(host);
  return [...app.services.values()].flatMap(({ name, ports }) =>
    ports.flatMap(({ protocol, published, target, hostIp = bind }) =>
      protocol === "tcp" && published !== undefined
        ? [{ service: name, ...reachable(hostIp, machine), port: published, target }]
        : [],
    ),
  );
}

/** Name of the machine that an engine's address leads to, unless it is this one. */
function otherMachine(host: string | undefined): string | undefined {
  const name = host !== undefined && URL.canParse(host) ? new URL(host).hostname.replace(/^\[(.*)\]$/, "$1") : "";
  return name === "" || name === "localhost" || isLoopback(name) ? undefined : name;
}

function reachable(address: string, machine: string | undefined): Pick<Endpoint, "host" | "elsewhere"> {
  const everywhere = address === "0.0.0.0" || address === "::";
  if (machine === undefined) {
    return { host: everywhere ? (address === "::" ? "::1" : "127.0.0.1") : address };
  }
  if (everywhere) return { host: machine };
  return { host: address, ...(isLoopback(address) ? { elsewhere: true } : {}) };
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

function labelList(labels: Readonly<Record<string, pulumi.Input<string>>>) {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}

function mapValues<T, R>(map: ReadonlyMap<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]));
}
