import { Repository } from "@pulumi/gcp/artifactregistry/repository.js";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, UserError } from "../../userError.ts";
import type { Registry, RegistryCredentials } from "../registries/registry.ts";
import { pathComponent } from "../registries/repositoryName.ts";

export interface ContainerRegistryArgs {
  /** Id of the project. */
  project: string;
  /**
   * Address under which the images are known: `gcr.io/<project>`, the name that Container Registry had, of which a project
   * has one, or `<location>-docker.pkg.dev/<project>/<repository>`. @default "gcr.io"
   */
  domain?: "gcr.io" | "pkg.dev";
  /** Region of a pkg.dev repository, such as `us-east1`. That of gcr.io is always `us`. */
  location?: string;
  /** Id of a pkg.dev repository. @default the component's name */
  repository?: string;
  /** Path in front of each image, so that stacks do not share them: `shop-dev`. */
  namespace: string;
  /** The repository exists, made by another stack or by hand: it is used and left. @default false */
  existing?: boolean;
  /** Versions of each image that are always kept. @default 10 */
  keptVersions?: number;
  /** Days after which other versions are deleted. @default 30 */
  keptDays?: number;
  /**
   * A tag, once pushed, stays where it is. Images are deployed by digest, so nothing here depends on it; builds push the
   * tag `latest` again and again, which such a repository refuses: for repositories that others push to. @default false
   */
  immutableTags?: boolean;
  /**
   * Access token for pushing. @default none: Docker's own login, as `gcloud auth configure-docker` sets it up
   */
  accessToken?: pulumi.Input<string>;
  /** As {@link Registry.mirror}. @default none */
  mirror?: string;
  /** As {@link Registry.logins}. @default [] */
  logins?: readonly RegistryCredentials[];
  /** Resources that must exist first. @default [] */
  ready?: readonly pulumi.Resource[];
}

/** Artifact Registry's repository for an app's images. */
export class ContainerRegistry extends pulumi.ComponentResource implements Registry {
  /** Host that images are pulled from. */
  readonly host: string;
  /** Region of the repository. */
  readonly location: string;
  /** Id of the repository. */
  readonly repositoryId: string;
  readonly credentials?: RegistryCredentials;
  readonly mirror?: string;
  readonly logins?: readonly RegistryCredentials[];
  readonly ready: readonly pulumi.Resource[];
  readonly #path: string;

  constructor(name: string, args: ContainerRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    const { project, domain, location, repositoryId, namespace, keptVersions, keptDays } = normalized(name, args);
    super("retrofit:gcp:ContainerRegistry", name, { project, domain, location, namespace }, opts);
    const { existing = false, immutableTags = false, accessToken, ready = [] } = args;

    this.location = location;
    this.mirror = args.mirror;
    this.logins = args.logins;
    this.repositoryId = repositoryId;
    this.host = domain === "gcr.io" ? "gcr.io" : `${location}-docker.pkg.dev`;
    this.#path = [this.host, project, ...(domain === "gcr.io" ? [] : [repositoryId]), pathComponent(namespace)].join(
      "/",
    );
    if (accessToken !== undefined) {
      this.credentials = { address: this.host, username: "oauth2accesstoken", password: pulumi.secret(accessToken) };
    }
    this.ready = existing
      ? ready
      : [
          new Repository(
            `${name}-repository`,
            {
              project,
              location,
              repositoryId,
              format: "DOCKER",
              dockerConfig: { immutableTags },
              cleanupPolicies: [
                { id: "keep-newest", action: "KEEP", mostRecentVersions: { keepCount: keptVersions } },
                {
                  id: "delete-old",
                  action: "DELETE",
                  condition: { tagState: "ANY", olderThan: `${keptDays * 86_400}s` },
                },
              ],
            },
            { parent: this, dependsOn: [...ready] },
          ),
        ];
    this.registerOutputs({ host: this.host, path: this.#path });
  }

  repository(service: string): string {
    return `${this.#path}/${pathComponent(service)}`;
  }
}

function normalized(name: string, args: ContainerRegistryArgs) {
  const { project, domain = "gcr.io", namespace, keptVersions = 10, keptDays = 30 } = args;
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries({ keptVersions, keptDays })) {
    if (!Number.isInteger(value) || value < 1) {
      problems.push({
        where: `${name}.${key}`,
        what: `${value} is not a whole number above 0`,
        mend: "Give at least 1",
      });
    }
  }
  if (domain === "pkg.dev" && args.location === undefined) {
    problems.push({ where: `${name}.location`, what: "no region is given", mend: "Give one, such as us-east1" });
  }
  if (domain === "gcr.io" && args.repository !== undefined) {
    problems.push({
      where: `${name}.repository`,
      what: "the repository behind gcr.io has no other name",
      mend: "Leave it out, or choose pkg.dev",
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  const location = domain === "gcr.io" ? "us" : (args.location as string);
  const repositoryId = domain === "gcr.io" ? "gcr.io" : (args.repository ?? name);
  return { project, domain, location, repositoryId, namespace, keptVersions, keptDays };
}
