import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, UserError } from "../../userError.ts";
import { slug } from "../names.ts";
import type { Registry, RegistryCredentials } from "../registries/registry.ts";
import { type Place, registryHost } from "./place.ts";

export interface EcrRepositoriesArgs extends Place {
  /** Path in front of each repository, so that stacks do not share them: `shop-dev`. */
  namespace: string;
  /** What images are built of, one repository each: services, and images that the target makes of theirs. */
  services: readonly string[];
  /** Images of each repository that are kept: more than the releases that one may want to go back to. @default 30 */
  keptImages?: number;
  /**
   * Token for pushing, of `aws ecr get-login-password`; it holds for twelve hours.
   * @default Docker's own login, as that command with `docker login` or Amazon's credential helper sets it up
   */
  password?: pulumi.Input<string>;
  /** Address of a registry that builds push to in this one's place. @default none */
  mirror?: string;
  /** As {@link Registry.logins}. @default [] */
  logins?: readonly RegistryCredentials[];
}

/** Elastic Container Registry's repositories for an app's images; they are deployed by digest. */
export class EcrRepositories extends pulumi.ComponentResource implements Registry {
  readonly host: string;
  readonly mirror?: string;
  readonly credentials?: RegistryCredentials;
  readonly logins?: readonly RegistryCredentials[];
  readonly ready: readonly pulumi.Resource[];
  /** ARNs of all of them. */
  readonly arns: readonly pulumi.Output<string>[];
  readonly #names: ReadonlyMap<string, string>;

  constructor(name: string, args: EcrRepositoriesArgs, opts?: pulumi.ComponentResourceOptions) {
    const { account, region, namespace, services, keptImages } = checked(name, args);
    super("retrofit:aws:EcrRepositories", name, { account, region, namespace }, opts);
    const { password, mirror } = args;

    this.host = registryHost({ account, region });
    this.mirror = mirror;
    this.logins = args.logins;
    if (password !== undefined) {
      this.credentials = { address: this.host, username: "AWS", password: pulumi.secret(password) };
    }
    this.#names = new Map(services.map((service) => [service, `${slug(namespace)}/${slug(service)}`]));
    const repositories = [...new Set(this.#names.values())].sort().map((path) => {
      const child = `${name}-${path.slice(path.indexOf("/") + 1)}`;
      const repository = new Repository(
        child,
        {
          name: path,
          imageScanningConfiguration: { scanOnPush: true },
          // A tag stays where it is, but for the one that says which image is the newest.
          imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
          imageTagMutabilityExclusionFilters: [{ filter: "latest", filterType: "WILDCARD" }],
          // Images can be built again, and a destroy that refuses here would have taken the services away already.
          forceDelete: true,
        },
        { parent: this },
      );
      new LifecyclePolicy(
        `${child}-lifecycle`,
        { repository: repository.name, policy: JSON.stringify({ rules: [keepNewest(keptImages)] }) },
        { parent: this },
      );
      return repository;
    });
    this.arns = repositories.map(({ arn }) => arn);
    this.ready = repositories;
    this.registerOutputs({ host: this.host, arns: this.arns });
  }

  repository(service: string): string {
    const repository = this.#names.get(service);
    if (repository === undefined) throw new Error(`No repository was made for ${service}`);
    return `${this.host}/${repository}`;
  }
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
function keepNewest(countNumber: number): object {
  return {
    rulePriority: 1,
    description: `Keep the newest ${countNumber} images`,
    selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber },
    action: { type: "expire" },
  };
}

function checked(name: string, args: EcrRepositoriesArgs) {
  const { account, region, namespace, services, keptImages = 30 } = args;
  const problems: Problem[] = [];
  if (!Number.isInteger(keptImages) || keptImages < 1) {
    problems.push({
      where: `${name}.keptImages`,
      what: `${keptImages} is not a whole number above 0`,
      mend: "Give at least 1",
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  return { account, region, namespace, services, keptImages };
}
