import { join } from "node:path";
import { type DockerHub, knows, maySee, readDockerHub } from "../core/dockerHub.ts";
import { dockerHub, parseImageReference } from "../docker/imageReference.ts";
import type { LaunchType } from "./ecs/taskDefinition.ts";
import type { Question } from "./iam/policy.ts";
import { mayRole, notAuthorized } from "./iam/roles.ts";
import { type ImageSource, TaskFailure } from "./runtime/model.ts";
import { cannotPull } from "./runtime/tasks/words.ts";
import type { Store } from "./store.ts";
import { types } from "./types.ts";

/** Repositories' content, in the local registry: `<registry>/<account>.dkr.ecr.<region>.amazonaws.com/<name>`. */
export class Images {
  readonly #registry: string;

  /** @param registry its host and port */
  constructor(registry: string) {
    this.#registry = registry;
  }

  /** Whether a repository has any image. @param repositoryUrl without a tag */
  async any(repositoryUrl: string): Promise<boolean> {
    return (await this.#tags(repositoryUrl)).length > 0;
  }

  /** Removes all images of a repository. Layers that others do not use stay until the registry collects them. */
  async remove(repositoryUrl: string): Promise<void> {
    const digests = await Promise.all((await this.#tags(repositoryUrl)).map((tag) => this.#digest(repositoryUrl, tag)));
    for (const digest of new Set(digests)) {
      if (digest) await this.#fetch(`${repositoryUrl}/manifests/${digest}`, "DELETE");
    }
  }

  async #tags(repositoryUrl: string): Promise<string[]> {
    const response = await this.#fetch(`${repositoryUrl}/tags/list`);
    if (!response?.ok) return [];
    return ((await response.json()) as { tags: string[] | null }).tags ?? [];
  }

  async #digest(repositoryUrl: string, tag: string): Promise<string | undefined> {
    const response = await this.#fetch(`${repositoryUrl}/manifests/${tag}`, "HEAD");
    return response?.headers.get("docker-content-digest") ?? undefined;
  }

  /** Undefined where the registry does not run: it has nothing then. @throws where it does not answer */
  async #fetch(path: string, method = "GET", attempts = 3): Promise<Response | undefined> {
    const Accept = [
      "application/vnd.oci.image.index.v1+json",
      "application/vnd.oci.image.manifest.v1+json",
      "application/vnd.docker.distribution.manifest.list.v2+json",
      "application/vnd.docker.distribution.manifest.v2+json",
    ].join(", ");
    try {
      return await fetch(`http://${this.#registry}/v2/${path}`, { method, headers: { Accept } });
    } catch (error) {
      const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
      if (code === "ECONNREFUSED") return undefined;
      // A connection kept open may be closed by the registry in the moment in which it is used again.
      if (attempts > 1) return this.#fetch(path, method, attempts - 1);
      throw new Error(`the registry ${this.#registry} does not answer: ${message}`, { cause: error });
    }
  }
}

/** Who pulls. */
export interface Puller {
  /** Absent on a machine of one's own: its own role may pull. */
  readonly executionRoleArn?: string | undefined;
  /** Whether it reaches registries at all. */
  readonly online: boolean;
  readonly session: string;
  readonly launchType: LaunchType;
  /** To a registry other than ECR. */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

const ecr = /^((\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com)\/([^@:]+)((?::[^@]+)?(?:@.+)?)$/;

/**
 * Where an image is to be had: ECR's from the local registry, with the rights of a role; those of other registries from there too,
 * or from this machine's engine.
 * @throws {TaskFailure} as ECS words it
 */
export function imageSource(
  { store, registry, folder }: { readonly store: Store; readonly registry: string; readonly folder: string },
  image: string,
  puller: Puller,
): ImageSource {
  const [, host = "", account = "", region = "", name = "", rest = ""] = ecr.exec(image) ?? [];
  if (host === "") return otherImage(registry, join(folder, "dockerHub.json"), image, puller);
  const resource = `arn:aws:ecr:${region}:${account}:repository/${name}`;
  check(
    store,
    puller,
    { action: "ecr:GetAuthorizationToken", resource: "*" },
    (why) =>
      `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): ${why}`,
  );
  if (!puller.online) {
    throw new TaskFailure(
      "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. " +
        `RequestError: send request failed caused by: Post "https://api.ecr.${region}.amazonaws.com/": dial tcp: i/o timeout`,
    );
  }
  for (const action of ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]) {
    check(
      store,
      puller,
      { action, resource },
      (why) =>
        `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: failed to authorize: ${why}`,
    );
  }
  if (store.get(types.repository, name)?.arn !== resource) {
    throw new TaskFailure(
      `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${host}/${name}: not found: name unknown: The repository with name '${name}' does not exist in the registry with id '${account}'`,
    );
  }
  return { reference: `${registry}/${host}/${name}${rest}` };
}

function otherImage(registry: string, hub: string, image: string, puller: Puller): ImageSource {
  const named = withHost(image);
  if (!puller.online) {
    throw new TaskFailure(
      `CannotPullContainerError: The task cannot pull ${named} from the registry. There is a connection issue between the task and the registry. Check your task network configuration. : failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://registry-1.docker.io/v2/": dial tcp: i/o timeout`,
    );
  }
  if (named.startsWith(`${registry}/`)) return { reference: named };
  const refusal = refusalOf(readDockerHub(hub), named, puller.login);
  if (refusal !== undefined) throw new TaskFailure(cannotPull(puller.launchType, image, refusal));
  return { reference: `${registry}/${named.replace(/^docker\.io\//, "")}`, local: image };
}

/** Why Docker Hub does not give an image out. @param named with its host */
function refusalOf(hub: DockerHub, named: string, login: Puller["login"]): string | undefined {
  const { registry, repository } = parseImageReference(named);
  if (registry !== dockerHub) return undefined;
  if (login !== undefined && !knows(hub, login.username, login.password)) {
    return `failed to resolve ref ${named}: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.docker.io/token: 401 Unauthorized: incorrect username or password`;
  }
  if (maySee(hub, login?.username, repository.slice(`${dockerHub}/`.length))) return undefined;
  return `failed to resolve ref ${named}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`;
}

/** `docker.io/library/nginx:1.27` of `nginx:1.27`. */
function withHost(image: string): string {
  const [first = "", ...others] = image.split("/");
  if (others.length > 0 && (/[.:]/.test(first) || first === "localhost")) return image;
  return others.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`;
}

function check(
  store: Store,
  { executionRoleArn, session }: Puller,
  question: Question,
  words: (why: string) => string,
): void {
  if (executionRoleArn === undefined) return;
  const decision = mayRole(store, executionRoleArn, question);
  if (decision === "allowed") return;
  const why = notAuthorized(executionRoleArn, session, question, decision);
  throw new TaskFailure(words(`AccessDeniedException: ${why} status code: 400`));
}
