// @ts-check
/** What the set-up asks of a registry on this machine, by HTTP. */
import { reasonOf } from "../download.mjs";

/** Milliseconds that an answer may take. */
const patience = 2000;

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/**
 * What is at an address: `registry`; `nothing`, so that one can be started there; otherwise what is wrong.
 * @param {string} address `127.0.0.1:5050`
 * @returns {Promise<{ kind: "registry" } | { kind: "nothing" } | { kind: "other", what: string }>}
 */
export async function whatAnswers(address) {
  try {
    const response = await fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(patience) });
    await response.body?.cancel();
    const isRegistry = response.headers.get("docker-distribution-api-version") === "registry/2.0";
    if (isRegistry && response.ok) return { kind: "registry" };
    if (isRegistry && response.status === 401) return { kind: "other", what: "a registry that asks for a password" };
    return { kind: "other", what: `not a registry (HTTP ${response.status})` };
  } catch (error) {
    const { cause } = /** @type {Error} */ (error);
    const code = /** @type {NodeJS.ErrnoException | undefined} */ (cause)?.code;
    if (code === "ECONNREFUSED") return { kind: "nothing" };
    return { kind: "other", what: `not a registry (${reasonOf(error)})` };
  }
}

/**
 * Digest of an image in the registry, undefined where it is not there.
 * @param {string} address @param {string} repository `library/python` @param {string} tag
 */
export async function manifestDigest(address, repository, tag) {
  const response = await fetch(`http://${address}/v2/${repository}/manifests/${tag}`, {
    method: "HEAD",
    headers: { accept: manifestTypes.join(", ") },
    signal: AbortSignal.timeout(patience),
  });
  return response.ok ? (response.headers.get("docker-content-digest") ?? undefined) : undefined;
}

/**
 * Labels of an image in the registry, undefined where it is not there; of several platforms' images those of the first.
 * @param {string} address @param {string} repository @param {string} reference Tag or digest.
 * @returns {Promise<Record<string, string> | undefined>}
 */
export async function labelsOf(address, repository, reference) {
  /** @param {string} path */
  const get = (path) =>
    fetch(`http://${address}/v2/${repository}/${path}`, {
      headers: { accept: manifestTypes.join(", ") },
      signal: AbortSignal.timeout(patience),
    });
  const found = await get(`manifests/${reference}`);
  if (!found.ok) return undefined;
  /** @type {{ manifests?: { digest: string }[], config?: { digest: string } }} */
  const { manifests, config } = JSON.parse(await found.text());
  const [first] = manifests ?? [];
  if (first) return labelsOf(address, repository, first.digest);
  const answer = config && (await get(`blobs/${config.digest}`));
  return answer?.ok ? (JSON.parse(await answer.text()).config?.Labels ?? {}) : undefined;
}

/** Removes an image from the registry. @param {string} address @param {string} repository @param {string} digest */
export async function deleteManifest(address, repository, digest) {
  const response = await fetch(`http://${address}/v2/${repository}/manifests/${digest}`, {
    method: "DELETE",
    signal: AbortSignal.timeout(patience),
  });
  if (!response.ok && response.status !== 404)
    throw new Error(`${address}: cannot delete ${repository}@${digest}: HTTP ${response.status}`);
}
