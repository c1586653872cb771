import type { ImageInspectInfo } from "dockerode";
import type { Call } from "../core/handler.ts";
import { type Engine, EngineError, engineError, found } from "./engine.ts";
import { isImageId, parseImageReference } from "./imageReference.ts";

/** The image as it is on the engine, or undefined. */
export async function findImage(engine: Engine, name: string): Promise<ImageInspectInfo | undefined> {
  return found(engine, () => engine.docker.getImage(name).inspect());
}

/**
 * The image, from the engine's own store where it is there, pulled otherwise.
 * @throws when no registry has it or will give it, naming the registry.
 */
export async function ensureImage(
  engine: Engine,
  name: string,
  platform: string | undefined,
  call: Pick<Call, "signal" | "log">,
): Promise<ImageInspectInfo> {
  const local = await findImage(engine, name);
  if (local !== undefined && isFor(local, platform)) return local;
  if (isImageId(name)) throw new Error(`there is no image ${name} on the engine, and an id cannot be pulled`);
  await pull(engine, name, platform, call);
  const pulled = await findImage(engine, name);
  if (pulled === undefined) throw new Error(`the image ${name} was pulled and yet is not there`);
  return pulled;
}

function isFor({ Os, Architecture }: ImageInspectInfo, platform: string | undefined): boolean {
  const [os, architecture] = platform?.split("/") ?? [];
  return (os ?? Os) === Os && (architecture ?? Architecture) === Architecture;
}

async function pull(
  engine: Engine,
  name: string,
  platform: string | undefined,
  { signal, log }: Pick<Call, "signal" | "log">,
): Promise<void> {
  const { registry, tag, digest } = parseImageReference(name);
  const credentials = await engine.credentials(registry);
  // Without a tag the engine would pull every tag of the repository.
  const full = tag === undefined && digest === undefined ? `${name}:latest` : name;
  log("info", `pulling ${full}`);
  try {
    const stream = await engine.docker.pull(full, {
      ...(credentials ? { authconfig: credentials } : {}),
      ...(platform === undefined ? {} : { platform }),
      abortSignal: signal,
    });
    await new Promise<void>((resolve, reject) => {
      engine.docker.modem.followProgress(stream, (error, events: readonly { error?: string }[] | null) => {
        const failed = events?.find((event) => event.error !== undefined);
        if (error || failed) reject(error ?? new Error(failed?.error));
        else resolve();
      });
    });
  } catch (error) {
    signal.throwIfAborted();
    const reason = engineError(engine, error).message;
    const known = credentials ? `with the credentials of ${credentials.username}` : "without credentials";
    throw new Error(
      `the image ${name} is not on the engine and could not be pulled from ${registry} (${known}): ${reason}`,
    );
  }
}

/** `repository@sha256:...` of the image under the given name; empty where it has never been in a registry. */
export function repoDigest(image: Pick<ImageInspectInfo, "RepoDigests">, name: string): string {
  const digests = image.RepoDigests ?? [];
  const { repository, digest } = parseImageReference(name);
  const own = digests.filter((entry) => entry.startsWith(`${repository}@`));
  return own.find((entry) => digest !== undefined && entry.endsWith(digest)) ?? own[0] ?? digests[0] ?? "";
}

/**
 * Removes the name, and the image with its last name. One that a container outside the stack still uses stays.
 * @returns whether it stayed
 */
export async function removeImage(engine: Engine, name: string, force: boolean): Promise<"removed" | "in use"> {
  try {
    await found(engine, () => engine.docker.getImage(name).remove({ force }));
    return "removed";
  } catch (error) {
    if (error instanceof EngineError && error.status === 409) return "in use";
    throw error;
  }
}
