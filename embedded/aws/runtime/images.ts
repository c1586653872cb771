import type Docker from "dockerode";
import type { ImageInspectInfo } from "dockerode";
import { words } from "../../daemon/containers.ts";
import { parseImageReference } from "../../docker/imageReference.ts";
import type { LaunchType } from "../ecs/taskDefinition.ts";
import { type ImageSource, type Records, TaskFailure } from "./model.ts";
import { cannotPull } from "./tasks/words.ts";

/** An image as a container is made of it. */
export interface Image {
  readonly id: string;
  /** `sha256:...`, as the registry knows it. */
  readonly digest: string;
  /** Paths that it declares as volumes. */
  readonly volumes: readonly string[];
}

/** Brings images to this machine's engine. */
export class Images {
  readonly #docker: Docker;
  /** Names that were not on the engine before: they go with the cloud. */
  readonly #pulled: Records<string>;
  /** Two tasks that need the same image wait for one pull. */
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(docker: Docker, pulled: Records<string>) {
    this.#docker = docker;
    this.#pulled = pulled;
  }

  /** @param image its name in the task definition @throws {TaskFailure} */
  async get({ reference, local }: ImageSource, image: string, launchType: LaunchType): Promise<Image> {
    const { digest } = parseImageReference(reference);
    const there = await this.#inspect(reference);
    if (there && digest) return imageOf(there, reference);
    const failure = await this.#pull(reference, there !== undefined).then(
      () => undefined,
      (error: unknown) => words(error),
    );
    if (failure === undefined) {
      const pulled = await this.#inspect(reference);
      if (pulled) return imageOf(pulled, reference);
    }
    const own = local === undefined ? undefined : await this.#inspect(local);
    if (own) return imageOf(own, local ?? "");
    throw new TaskFailure(cannotPull(launchType, image, failure ?? "not found"));
  }

  /** Takes the names off that it has put on the engine, and the images with them. */
  async dispose(): Promise<void> {
    for (const reference of this.#pulled.all()) {
      await this.#docker
        .getImage(reference)
        .remove()
        .catch(() => undefined); // in use elsewhere, or gone
      this.#pulled.remove(reference);
    }
  }

  #pull(reference: string, known: boolean): Promise<void> {
    const running = this.#pulls.get(reference);
    if (running) return running;
    const pull = this.#download(reference)
      .then(() => {
        if (!known) this.#pulled.put(reference, reference);
      })
      .finally(() => this.#pulls.delete(reference));
    this.#pulls.set(reference, pull);
    return pull;
  }

  async #download(reference: string): Promise<void> {
    const { tag, digest } = parseImageReference(reference);
    // Without a tag the engine would pull every tag of the repository.
    const stream = await this.#docker.pull(tag || digest ? reference : `${reference}:latest`);
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(stream, (error, events: readonly { error?: string }[] | null) => {
        const failed = events?.find((event) => event.error !== undefined);
        if (error || failed) reject(error ?? new Error(failed?.error));
        else resolve();
      });
    });
  }

  async #inspect(name: string): Promise<ImageInspectInfo | undefined> {
    try {
      return await this.#docker.getImage(name).inspect();
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }
}

function imageOf({ Id, RepoDigests, Config }: ImageInspectInfo, name: string): Image {
  const { repository, digest } = parseImageReference(name);
  const digests = RepoDigests ?? [];
  const own = digests.find((entry) => entry.startsWith(`${repository}@`)) ?? digests[0];
  return {
    id: Id,
    digest: digest ?? own?.split("@")[1] ?? Id,
    volumes: Object.keys((Config as { Volumes?: Record<string, object> | null }).Volumes ?? {}),
  };
}
