import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../compose/model.ts";
import { type AppImage, referencesOf } from "../appImages.ts";
import { withBucketNames } from "../bucketReferences.ts";
import { bindKey, type CarriedBinds, secretFilesOf } from "../carriedBinds.ts";
import { type Endpoint, mainEndpoint, urlOf } from "../endpoint.ts";
import { type KnownRelease, knownReleases, withRelease } from "../knownReleases.ts";
import { openPorts, portsWithoutNumber } from "../openPorts.ts";
import { teller } from "../progress.ts";
import { loginKey, pullLogins, type Registry, type RegistryCredentials } from "../registries/registry.ts";
import { resolved } from "../resolved.ts";
import { lastRelease, rollbackHint } from "../rollback.ts";
import { secretTexts } from "../secretTexts.ts";
import { type Secrets, secretValues, textOutput } from "../text.ts";
import { appBuckets, bucketNames, bucketVolumes } from "./appBuckets.ts";
import { AppSecrets } from "./appSecrets.ts";
import { AppServiceAccount } from "./appServiceAccount.ts";
import { checkedBinds } from "./checks.ts";
import type { ContainerRegistry } from "./containerRegistry.ts";
import { ContainerVm, type ContainerVmArgs } from "./containerVm.ts";
import { DataDisk, type DataDiskArgs, regionOf } from "./dataDisk.ts";
import { Network } from "./network.ts";
import { folderImages, gcsfuseImage } from "./ownImages.ts";
import { needsDataDisk } from "./placement.ts";
import type { ReleaseDocument } from "./releaseDocument.ts";
import { awaitRelease, reader } from "./releaseReport.ts";
import { renderedRelease } from "./renderedRelease.ts";
import type { UploadsBucket, UploadsBucketArgs } from "./uploadsBucket.ts";
import { WebFirewall } from "./webFirewall.ts";

export interface DeploymentArgs {
  app: App;
  /** The image of each service. */
  images: Readonly<Record<string, AppImage>>;
  /** Where this target's own images are pushed to; and, where it is Artifact Registry, what the VM may pull from. */
  registry: Registry | ContainerRegistry;
  /** Name of the buildx builder. @default Docker's current one */
  builder?: string;
  /** Absolute path of a folder of this stack's own, in which the content of bound folders is put together. */
  contexts: string;
  /** Values of the secret variables. */
  secrets: Secrets;
  /** Id of the project. */
  project: string;
  /** Zone of the VM, such as `us-east1-b`. */
  zone: string;
  /** The VM, where it is to differ from the defaults. */
  vm?: Pick<ContainerVmArgs, "machineType" | "osImage" | "bootDiskSize" | "bootDiskType" | "networkTier">;
  /** The disk for volumes, where it is to differ from the defaults. */
  dataDisk?: Pick<DataDiskArgs, "size" | "type" | "snapshotDays">;
  /** The buckets of volumes, where they are to differ from the defaults. @default location: the zone's region */
  buckets?: Partial<Pick<UploadsBucketArgs, "location" | "restorableDays" | "hierarchical">>;
  /** Names of the buckets as the last deployment put them out: they stay. @default none */
  keptBuckets?: Readonly<Record<string, string>>;
  /** The account may use every bucket of the project. @default false */
  allBuckets?: boolean;
  /** Let identity-aware proxy reach SSH. @default false */
  ssh?: boolean;
  /** Delete what volumes and buckets hold together with them at `pulumi destroy`. @default false */
  destroyContent?: boolean;
  /** Seconds that the release may take on the VM, images pulled. @default 300 */
  timeout?: number;
  /** Counted up to have a release that failed tried again unchanged. @default 1 */
  attempt?: number;
  /** Resources that must exist first: the project's services. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** Seconds to boot and to pull, beside the release itself. */
const bootTime = 420;

/** An app on one VM with Container-Optimized OS: its uploads in a bucket, its data on a disk, its address static. */
export class Deployment extends pulumi.ComponentResource {
  /** Where to open the app. Undefined where nothing is open to the world. */
  readonly url: pulumi.Output<string | undefined>;
  /** Every port open to the world, by `service:port`. */
  readonly endpoints: pulumi.Output<Record<string, string>>;
  /** IPv4 address of the VM. */
  readonly address: pulumi.Output<string>;
  /** Name of the bucket of each volume that has one. */
  readonly buckets: Readonly<Record<string, pulumi.Output<string>>>;
  /** This release and those before it, the newest first. */
  readonly releases: pulumi.Output<KnownRelease[]>;
  /** Resolves once the VM has released, in a preview at once. @throws RunError when it has not */
  readonly released: () => Promise<void>;

  readonly #name: string;
  readonly #args: DeploymentArgs;

  constructor(name: string, args: DeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    const binds = checkedBinds(name, args);
    super("retrofit:gcp:Deployment", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { app, project, zone, ready = [] } = args;
    for (const { service, target } of portsWithoutNumber(app)) {
      void pulumi.log.warn(
        `Port ${target} of ${service} has no number on the host, so nobody outside reaches it.`,
        this,
      );
    }

    const account = new AppServiceAccount(
      `${name}-app`,
      {
        project,
        app: app.name,
        registry: "repositoryId" in args.registry ? { project, ...repositoryOf(args.registry) } : undefined,
        allBuckets: args.allBuckets,
        ready: [...ready, ...args.registry.ready],
      },
      { parent: this },
    );
    const secrets = this.#createSecrets(binds, account);
    const buckets = appBuckets(name, { ...args, writer: account.member }, this);
    const network = new Network(`${name}-vpc`, { project, region: regionOf(zone), ready }, { parent: this });
    const firewall = new WebFirewall(
      `${name}-firewall`,
      { project, network: network.networkId, ports: openPorts(app), ssh: args.ssh },
      { parent: this },
    );
    const document = this.#renderRelease(binds, secrets, buckets);
    const vm = new ContainerVm(
      `${name}-vm`,
      {
        ...args.vm,
        project,
        zone,
        app: app.name,
        release: document.apply(({ text }) => text),
        subnetwork: network.subnetworkId,
        tag: firewall.tag,
        serviceAccount: account.email,
        dataDisk: this.#createDataDisk(),
        ready: [...account.ready, ...secrets.ready, ...Object.values(buckets).flatMap((bucket) => bucket.ready)],
      },
      { parent: this },
    );

    this.address = vm.address;
    this.buckets = Object.fromEntries(Object.entries(buckets).map(([volume, { bucketName }]) => [volume, bucketName]));
    const id = document.apply((rendered) => rendered.id);
    this.released = () => this.#await(vm, id);
    const endpoints = vm.address.apply((address) => endpointsOf(app, address));
    this.url = endpoints.apply((all) => {
      const main = mainEndpoint(all);
      return main === undefined ? undefined : urlOf(main);
    });
    this.endpoints = endpoints.apply((all) =>
      Object.fromEntries(all.map((endpoint) => [`${endpoint.service}:${endpoint.target}`, urlOf(endpoint)])),
    );
    this.releases = this.#listReleases(id);
    this.registerOutputs({
      url: this.url,
      endpoints: this.endpoints,
      address: this.address,
      buckets: this.buckets,
      releases: this.releases,
    });
  }

  /** Google's registries know the VM by its account; others ask for a password. */
  get #logins(): readonly RegistryCredentials[] {
    const { registry } = this.#args;
    return pullLogins(registry, "repositoryId" in registry);
  }

  #createSecrets(binds: CarriedBinds, account: AppServiceAccount): AppSecrets {
    const { app, project, secrets, ready } = this.#args;
    const texts = [...secretTexts(app)].map(([key, text]) => [key, { text: textOutput(text, secrets) }] as const);
    const files = secretFilesOf(binds).map(
      ([source, { content }]) => [bindKey(app, source), { base64: content.toString("base64") }] as const,
    );
    const passwords = this.#logins.map((login) => [loginKey(login.address), { text: login.password }] as const);
    return new AppSecrets(
      `${this.#name}-secrets`,
      { project, values: Object.fromEntries([...texts, ...files, ...passwords]), reader: account.member, ready },
      { parent: this },
    );
  }

  #createDataDisk(): pulumi.Output<string> | undefined {
    const { app, project, zone, destroyContent, ready, dataDisk } = this.#args;
    if (!needsDataDisk(app)) return undefined;
    return new DataDisk(`${this.#name}-data`, { ...dataDisk, project, zone, destroyContent, ready }, { parent: this })
      .diskId;
  }

  #renderRelease(
    binds: CarriedBinds,
    secrets: AppSecrets,
    buckets: Readonly<Record<string, UploadsBucket>>,
  ): pulumi.Output<ReleaseDocument> {
    const { app, project, images, keptBuckets, timeout = 300, attempt = 1 } = this.#args;
    const mounted = bucketVolumes(app).length > 0;
    return renderedRelease({
      app: withBucketNames(app, bucketNames(app, project, keptBuckets)),
      binds,
      images: referencesOf(images),
      folders: folderImages(this.#name, this.#args, binds, this),
      secrets: secrets.versions,
      buckets: Object.fromEntries(Object.entries(buckets).map(([volume, { bucketName }]) => [volume, bucketName])),
      hierarchical: this.#args.buckets?.hierarchical,
      mounter: mounted ? gcsfuseImage(this.#name, this.#args, this).reference : undefined,
      logins: this.#logins,
      timeout,
      attempt,
    });
  }

  async #await(vm: ContainerVm, id: pulumi.Output<string>): Promise<void> {
    if (pulumi.runtime.isDryRun()) return;
    const { app, project, zone, images, secrets, timeout = 300 } = this.#args;
    const [instance, release] = await resolved(pulumi.all([vm.instanceName, id]));
    const read = reader({ project, zone, instance });
    const failure = await awaitRelease(release, read, timeout + bootTime, teller(vm));
    if (failure === undefined) return;
    const hidden = await resolved(secretValues(app, secrets));
    const shown = hidden.reduce((text, value) => text.replaceAll(value, "[secret]"), failure);
    const references = await resolved(pulumi.output(referencesOf(images)));
    const hint = rollbackHint(references, await lastRelease());
    throw new pulumi.RunError(`The release did not come up: ${shown}${hint}`);
  }

  #listReleases(id: pulumi.Output<string>): pulumi.Output<KnownRelease[]> {
    // Asked at once, beside everything that the id waits for.
    const known = pulumi.output(knownReleases());
    return pulumi
      .all([known, id, pulumi.output(referencesOf(this.#args.images))])
      .apply(([before, release, images]) => withRelease(before, { id: release, images }));
  }
}

function repositoryOf({ location, repositoryId }: ContainerRegistry) {
  return { location, repositoryId };
}

function endpointsOf(app: App, host: string): Endpoint[] {
  return openPorts(app).flatMap(({ service, protocol, port, target }) =>
    protocol === "tcp" ? [{ service, host, port, target }] : [],
  );
}
