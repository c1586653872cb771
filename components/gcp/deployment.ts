import * as pulumi from "@pulumi/pulumi";
import type { App, Volume } from "../../compose/model.ts";
import { type AppImage, referencesOf } from "../appImages.ts";
import { namedBuckets, withBucketNames } from "../bucketReferences.ts";
import { bindKey, type CarriedBinds, secretFilesOf } from "../carriedBinds.ts";
import { type Endpoint, mainEndpoint, urlOf } from "../endpoint.ts";
import { type KnownRelease, knownReleases, withRelease } from "../knownReleases.ts";
import { slug } from "../names.ts";
import { openPorts, portsWithoutNumber } from "../openPorts.ts";
import { teller } from "../progress.ts";
import type { Registry, RegistryCredentials } from "../registries/registry.ts";
import { resolved } from "../resolved.ts";
import { lastRelease, rollbackHint } from "../rollback.ts";
import { secretTexts } from "../secretTexts.ts";
import { type Secrets, secretValues, textOutput } from "../text.ts";
import { AppSecrets } from "./appSecrets.ts";
import { AppServiceAccount } from "./appServiceAccount.ts";
import { checkedBinds } from "./checks.ts";
import type { ContainerRegistry } from "./containerRegistry.ts";
import { ContainerVm, type ContainerVmArgs } from "./containerVm.ts";
import { DataDisk, type DataDiskArgs, regionOf } from "./dataDisk.ts";
import { Network } from "./network.ts";
import { folderImages, gcsfuseImage } from "./ownImages.ts";
import { isOnDataDisk, volumesOf } from "./placement.ts";
import { releaseFiles } from "./release.ts";
import { type ReleaseDocument, releaseDocument } from "./releaseDocument.ts";
import { awaitRelease, reader } from "./releaseReport.ts";
import { UploadsBucket, type UploadsBucketArgs } from "./uploadsBucket.ts";
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
  /** The account may use every bucket of the project. @default false */
  allBuckets?: boolean;
  /** Let identity-aware proxy reach SSH. @default false */
  ssh?: boolean;
  /** Further logins by which the VM pulls; that of `registry`, where it is none of Google's, is one already. @default [] */
  logins?: readonly RegistryCredentials[];
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
    const buckets = this.#createBuckets(account);
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
        release: document.text,
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
    this.released = () => this.#await(vm, document.id);
    const endpoints = vm.address.apply((address) => endpointsOf(app, address));
    this.url = endpoints.apply((all) => {
      const main = mainEndpoint(all);
      return main === undefined ? undefined : urlOf(main);
    });
    this.endpoints = endpoints.apply((all) =>
      Object.fromEntries(all.map((endpoint) => [`${endpoint.service}:${endpoint.target}`, urlOf(endpoint)])),
    );
    this.releases = this.#listReleases(document.id);
    this.registerOutputs({
      url: this.url,
      endpoints: this.endpoints,
      address: this.address,
      buckets: this.buckets,
      releases: this.releases,
    });
  }

  #createSecrets(binds: CarriedBinds, account: AppServiceAccount): AppSecrets {
    const { app, project, secrets, ready } = this.#args;
    const texts = [...secretTexts(app)].map(([key, text]) => [key, { text: textOutput(text, secrets) }] as const);
    const files = secretFilesOf(binds).map(
      ([source, { content }]) => [bindKey(app, source), { base64: content.toString("base64") }] as const,
    );
    const passwords = loginsOf(this.#args).map(
      ({ password }, number) => [loginKey(number), { text: password }] as const,
    );
    return new AppSecrets(
      `${this.#name}-secrets`,
      { project, values: Object.fromEntries([...texts, ...files, ...passwords]), reader: account.member, ready },
      { parent: this },
    );
  }

  #createBuckets(account: AppServiceAccount): Record<string, UploadsBucket> {
    const { app, project, zone, destroyContent, ready, buckets = {} } = this.#args;
    return Object.fromEntries(
      Object.entries(bucketNames(this.#args)).map(([key, bucketName]) => [
        key,
        new UploadsBucket(
          `${this.#name}-${key}`,
          {
            ...buckets,
            project,
            bucketName,
            location: buckets.location ?? regionOf(zone).toUpperCase(),
            writers: { app: account.member },
            existing: app.volumes.get(key)?.existing !== undefined,
            destroyContent,
            ready,
          },
          { parent: this },
        ),
      ]),
    );
  }

  #createDataDisk(): pulumi.Output<string> | undefined {
    const { app, project, zone, destroyContent, ready, dataDisk } = this.#args;
    if (![...volumesOf(app).values()].some(isOnDataDisk)) return undefined;
    return new DataDisk(`${this.#name}-data`, { ...dataDisk, project, zone, destroyContent, ready }, { parent: this })
      .diskId;
  }

  /** The document, rendered once the digests and the versions of the secrets are known. */
  #renderRelease(binds: CarriedBinds, secrets: AppSecrets, buckets: Readonly<Record<string, UploadsBucket>>) {
    const { timeout = 300, attempt = 1 } = this.#args;
    const app = withBucketNames(this.#args.app, bucketNames(this.#args));
    const mounter = bucketVolumes(app).length === 0 ? undefined : gcsfuseImage(this.#name, this.#args, this);
    const inputs = pulumi.output({
      images: referencesOf(this.#args.images),
      folders: folderImages(this.#name, this.#args, binds, this),
      versions: secrets.versions,
      buckets: Object.fromEntries(Object.entries(buckets).map(([volume, bucket]) => [volume, bucket.bucketName])),
      mounter: mounter?.reference,
      logins: loginsOf(this.#args).map(({ address, username }) => ({ host: address, user: username })),
    });
    const document: pulumi.Output<ReleaseDocument> = inputs.apply((known) =>
      releaseDocument(
        releaseFiles(app, {
          images: known.images,
          folders: known.folders,
          secrets: known.versions,
          binds,
          buckets: Object.fromEntries(
            bucketVolumes(app).map(({ name, uid, gid, fileMode, dirMode }) => [
              name,
              {
                image: known.mounter as string,
                bucket: known.buckets[name] as string,
                uid,
                gid,
                fileMode,
                dirMode,
                hierarchical: this.#args.buckets?.hierarchical,
              },
            ]),
          ),
          registries: googleRegistries([
            ...Object.values(known.images),
            ...Object.values(known.folders),
            known.mounter ?? "",
          ]),
          logins: known.logins.map((login, number) => ({
            ...login,
            secret: known.versions[loginKey(number)] as string,
          })),
          timeout,
          attempt,
        }),
      ),
    );
    return { id: document.apply(({ id }) => id), text: document.apply(({ text }) => text) };
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
    const hint = rollbackHint(references, await lastRelease(pulumi.getStack()));
    throw new pulumi.RunError(`The release did not come up: ${shown}${hint}`);
  }

  #listReleases(id: pulumi.Output<string>): pulumi.Output<KnownRelease[]> {
    // Asked at once, beside everything that the id waits for.
    const known = pulumi.output(knownReleases(pulumi.getStack()));
    return pulumi
      .all([known, id, pulumi.output(referencesOf(this.#args.images))])
      .apply(([before, release, images]) => withRelease(before, { id: release, images }));
  }
}

function repositoryOf({ location, repositoryId }: ContainerRegistry) {
  return { location, repositoryId };
}

function bucketVolumes(app: App): Volume[] {
  return [...app.volumes.values()].filter(({ storage }) => storage === "bucket");
}

/** Names of the buckets of volumes, and of those that the environment alone names. The tutorial's, where there is one only. */
function bucketNames({ app, project }: DeploymentArgs): Record<string, string> {
  const keys = [...new Set([...bucketVolumes(app).map(({ name }) => name), ...namedBuckets(app)])];
  const derived = (key: string) => (keys.length === 1 ? `${project}-storage` : `${project}-storage-${slug(key)}`);
  return Object.fromEntries(keys.map((key) => [key, app.volumes.get(key)?.existing ?? derived(key)]));
}

/** Google's registries know the VM by its account; others ask for a password. */
function loginsOf({ registry, logins = [] }: DeploymentArgs): readonly RegistryCredentials[] {
  const own = "repositoryId" in registry ? undefined : registry.credentials;
  return own === undefined ? logins : [own, ...logins];
}

function loginKey(number: number): string {
  return `login-${number}`;
}

/** Hosts among those of images that ask for the login of a Google account. */
function googleRegistries(images: readonly string[]): string[] {
  const hosts = images.map((image) => image.split("/")[0] as string);
  return [...new Set(hosts.filter((host) => /(^|\.)gcr\.io$|-docker\.pkg\.dev$/.test(host)))].sort();
}

function endpointsOf(app: App, host: string): Endpoint[] {
  return openPorts(app).flatMap(({ service, protocol, port, target }) =>
    protocol === "tcp" ? [{ service, host, port, target }] : [],
  );
}
