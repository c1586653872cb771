import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../compose/model.ts";
import { type AppImage, referencesOf } from "../appImages.ts";
import { mainEndpoint, urlOf } from "../endpoint.ts";
import { type KnownRelease, knownReleases, withRelease } from "../knownReleases.ts";
import { hashOf, slug } from "../names.ts";
import { portsWithoutNumber } from "../openPorts.ts";
import { loginKey, pullLogins, type Registry, type RegistryCredentials } from "../registries/registry.ts";
import { type Secrets, secretValues, textOutput } from "../text.ts";
import { AppSecrets } from "./appSecrets.ts";
import { AppServices } from "./appServices.ts";
import { AppTasks } from "./appTasks.ts";
import type { EcrRepositories } from "./ecrRepositories.ts";
import { Firewall } from "./firewall.ts";
import { Network, type Placement } from "./network.ts";
import { createOwnImages, repositoriesOf as ownRepositories } from "./ownImages.ts";
import { repositoryArn } from "./place.ts";
import { checkRights } from "./rights.ts";
import { checkSettings, isRun, type Settings, zonesOf } from "./settings.ts";
import { createStorage } from "./storage.ts";
import type { Plan, TaskDefinition } from "./taskDefinition/model.ts";

export interface DeploymentArgs extends Settings {
  app: App;
  /** What the app becomes on ECS, by `planTasks`. */
  plan: Plan;
  /** The image of each service. */
  images: Readonly<Record<string, AppImage>>;
  /** Where this target's own images are pushed to. */
  registry: Registry | EcrRepositories;
  /** Name of the buildx builder. @default Docker's current one */
  builder?: string;
  /** Values of the secret variables. */
  secrets: Secrets;
}

/** An app on ECS: on Fargate a service each, found by its own name; on EC2 one task of all, registered, and run where there is a cluster. */
export class Deployment extends pulumi.ComponentResource {
  /** Where to open the app. Undefined where nothing is open to the world. */
  readonly url: pulumi.Output<string | undefined>;
  /** Every port open to the world, by `service:port`. */
  readonly endpoints: pulumi.Output<Record<string, string>>;
  /** This release and those before it, the newest first. */
  readonly releases: pulumi.Output<KnownRelease[]>;
  /** By task: what `aws ecs register-task-definition --cli-input-json` takes. */
  readonly taskDefinitions: Readonly<Record<string, pulumi.Output<TaskDefinition>>>;
  /** Name of the cluster. Undefined where the task is only registered. */
  readonly cluster: pulumi.Output<string> | undefined;
  /** Id of the file system that holds volumes. Undefined where no volume is in one of the app's own. */
  readonly fileSystem: pulumi.Output<string> | undefined;
  /** Name of the bucket of each volume that has one. */
  readonly buckets: Readonly<Record<string, pulumi.Output<string>>>;
  /** Resolves once the release serves, in a preview at once. @throws RunError when it does not */
  readonly released: () => Promise<void>;

  readonly #name: string;
  readonly #args: DeploymentArgs;

  constructor(name: string, args: DeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    checkSettings(name, args.app, args.plan.launchType, args);
    checkRights({
      ...args,
      family: familyOf(args.app),
      secrets: secretsName(name),
      logins: pullLogins(args.registry, "arns" in args.registry).map(({ address }) => loginKey(address)),
      repositories: repositoryArns(args),
    });
    super("retrofit:aws:Deployment", name, {}, opts);
    this.#name = name;
    this.#args = args;
    this.#warn();

    const { app, plan } = args;
    const images = createOwnImages(name, args, this);
    // ECR knows a task by its role; others ask for a password.
    const logins = pullLogins(args.registry, "arns" in args.registry);
    const secrets = this.#createSecrets(logins);
    const placement = this.#createPlacement();
    const firewall =
      placement === undefined || plan.launchType === "ec2"
        ? undefined
        : new Firewall(`${name}-firewall`, { vpcId: placement.vpcId, app }, { parent: this });
    const clients = firewall?.tasksGroupId ?? args.network?.machinesGroupId;
    const storage = createStorage(name, args, placement, clients, this);
    const { tasks } = new AppTasks(
      `${name}-tasks`,
      {
        ...args,
        family: familyOf(app),
        images,
        secrets,
        logins: Object.fromEntries(logins.map(({ address }) => [address, loginKey(address)])),
        storage,
        repositories: repositoriesOf(args),
      },
      { parent: this },
    );
    this.taskDefinitions = Object.fromEntries(tasks.map(({ task, definition }) => [task.name, definition]));
    const release = pulumi
      .output(tasks.map(({ definition }) => definition))
      .apply((definitions) => hashOf(definitions.map((definition) => JSON.stringify(definition))));
    const references = pulumi.output(referencesOf(args.images));
    const services =
      isRun(plan.launchType, args) && placement !== undefined && clients !== undefined
        ? new AppServices(
            `${name}-services`,
            {
              app,
              settings: args,
              placement,
              firewall,
              clients,
              tasks,
              release,
              images: references,
              hidden: secretValues(app, args.secrets),
              built: images.built,
            },
            { parent: this },
          )
        : undefined;

    const endpoints = services?.endpoints ?? pulumi.output([]);
    this.url = endpoints.apply((all) => {
      const main = mainEndpoint(all);
      return main === undefined ? undefined : urlOf(main);
    });
    this.endpoints = endpoints.apply((all) =>
      Object.fromEntries(all.map((endpoint) => [`${endpoint.service}:${endpoint.target}`, urlOf(endpoint)])),
    );
    this.cluster = services?.clusterName;
    this.fileSystem = storage.fileSystemId;
    this.buckets = storage.buckets;
    // Asked at once, beside everything that the id waits for.
    this.releases = pulumi
      .all([pulumi.output(knownReleases()), release, references])
      .apply(([before, id, images]) => withRelease(before, { id, images }));
    this.released = async () => services?.released();
    this.registerOutputs({ url: this.url, endpoints: this.endpoints, taskDefinitions: this.taskDefinitions });
  }

  #warn(): void {
    const { app, plan } = this.#args;
    for (const { where, field, reason } of plan.warnings) void pulumi.log.warn(`${where}: ${field}: ${reason}.`, this);
    for (const { service, target } of portsWithoutNumber(app)) {
      void pulumi.log.warn(
        `Port ${target} of ${service} has no number on the host, so nobody outside reaches it.`,
        this,
      );
    }
  }

  #createSecrets(logins: readonly RegistryCredentials[]): AppSecrets {
    const { plan, secrets, destroyContent = false } = this.#args;
    const own = [...plan.secrets].map(
      ([key, value]) => [key, value.kind === "text" ? textOutput(value.text, secrets) : value.content] as const,
    );
    const passwords = logins.map(
      ({ address, username, password }) => [loginKey(address), pulumi.jsonStringify({ username, password })] as const,
    );
    return new AppSecrets(
      secretsName(this.#name),
      { values: Object.fromEntries([...own, ...passwords]), recoveryDays: destroyContent ? 0 : undefined },
      { parent: this },
    );
  }

  /** Undefined on EC2 where no network is named: there the machines have one, which is nobody's business here. */
  #createPlacement(): Placement | undefined {
    const { network, plan } = this.#args;
    if (network !== undefined) return { ...network, publicIp: network.publicIp ?? false, ready: [] };
    if (plan.launchType === "ec2") return undefined;
    return new Network(`${this.#name}-network`, { zones: zonesOf(this.#args) }, { parent: this });
  }
}

/** Beginning of the names of an app's families. */
function familyOf(app: App): string {
  return `${slug(app.name)}-${slug(pulumi.getStack())}`;
}

function secretsName(name: string): string {
  return `${name}-secrets`;
}

/** ARNs of the repositories that are made, before they are, and of those of ECR that the compose file names. */
function repositoryArns({ app, plan, registry }: DeploymentArgs): string[] {
  const made = "arns" in registry ? ownRepositories(app, plan).map((service) => registry.repository(service)) : [];
  return [...new Set([...made, ...named(app)].flatMap((image) => repositoryArn(image) ?? []))];
}

/** The repositories that are made, and those of ECR that the compose file names. */
function repositoriesOf({ app, registry }: DeploymentArgs): pulumi.Input<string>[] {
  const arns = named(app).flatMap((image) => repositoryArn(image) ?? []);
  return [...("arns" in registry ? registry.arns : []), ...new Set(arns)];
}

function named(app: App): string[] {
  return [...app.services.values()].flatMap(({ image }) => (image.kind === "registry" ? [image.reference] : []));
}
