// @ts-check
import { request } from "node:http";

/**
 * Images that were built and pushed, but are gone from a registry on this machine, as when its storage was removed. The
 * docker-build plugin cannot see it: it asks registries by HTTPS only, and local ones speak plain HTTP.
 */

/**
 * A stack as `pulumi stack export` gives it, as far as it matters here.
 * @typedef {{ deployment?: { resources?: { urn: string, type: string, outputs?: { ref?: unknown } }[] } }} Exported
 */

/**
 * URNs of the images that their registry no longer has.
 * @param {Exported} stack
 * @returns {Promise<string[]>}
 */
export async function lostImages({ deployment }) {
  const images = (deployment?.resources ?? []).filter(({ type }) => type === "docker-build:index:Image");
  const lost = await Promise.all(images.map(({ outputs }) => isLost(outputs?.ref)));
  return images.filter((_, index) => lost[index]).map(({ urn }) => urn);
}

/** @param {unknown} reference @returns {Promise<boolean>} */
async function isLost(reference) {
  const url = typeof reference === "string" ? manifestUrl(reference) : undefined;
  return url !== undefined && (await status(url)) === 404;
}

/**
 * Where a registry on this machine has the manifest of `127.0.0.1:5050/app/web:tag@sha256:...`.
 * @param {string} reference @returns {string | undefined} Undefined for registries elsewhere.
 */
export function manifestUrl(reference) {
  const match = /^((?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?)\/([^:@]+)(?::[^@]+)?@(sha256:[0-9a-f]{64})$/.exec(
    reference,
  );
  return match ? `http://${match[1]}/v2/${match[2]}/manifests/${match[3]}` : undefined;
}

/** @param {string} url @returns {Promise<number | undefined>} Undefined where nothing answers. */
function status(url) {
  const accepted = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ];
  return new Promise((resolve) => {
    const asked = request(url, { method: "HEAD", headers: { Accept: accepted.join(", ") }, timeout: 5000 });
    asked.on("response", (response) => resolve(response.resume().statusCode));
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}
