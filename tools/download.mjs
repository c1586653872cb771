// @ts-check
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { atomically, SetupError } from "./step.mjs";

/** @typedef {import("./step.mjs").Context} Context */

/** Milliseconds without a byte after which a download is given up. */
const patience = 30_000;

/**
 * Downloads a file and verifies it.
 * @param {Context} context @param {string} url @param {string} sha256 Hexadecimal. @param {string} target
 */
export async function download(context, url, sha256, target) {
  await mkdir(dirname(target), { recursive: true });
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), patience);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const response = await fetched(url, stalled.signal);
    const total = Number(response.headers.get("content-length"));
    const watch = new Transform({
      transform(chunk, _encoding, done) {
        clearTimeout(timer);
        timer = setTimeout(() => stalled.abort(), patience);
        hash.update(chunk);
        bytes += chunk.length;
        context.progress(`${basename(url)}: ${megabytes(bytes)}${total ? ` of ${megabytes(total)}` : ""} MB`);
        done(undefined, chunk);
      },
    });
    const body = Readable.fromWeb(/** @type {any} */ (response.body));
    await pipeline(body, watch, createWriteStream(target), { signal: stalled.signal });
  } catch (error) {
    if (stalled.signal.aborted) throw new Error(`${url}: no data for ${patience / 1000} s`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const found = hash.digest("hex");
  if (found !== sha256.toLowerCase()) {
    await rm(target, { force: true });
    throw new SetupError(
      `${url} has the checksum ${found}, not ${sha256}`,
      "Run again; if it stays so, something between here and there changes the file: RETROFIT_DOWNLOADS=registries avoids it",
    );
  }
}

/**
 * The checksum of a file as a checksum list (`<sha256>  <file>` lines) gives it.
 * @param {string} url @param {string} file @returns {Promise<string>}
 */
export async function listedChecksum(url, file) {
  const response = await fetched(url, AbortSignal.timeout(patience));
  const sum = checksumIn(await response.text(), file);
  if (!sum) throw new Error(`${url} does not list ${file}`);
  return sum;
}

/** @param {string} text @param {string} file @returns {string | undefined} */
export function checksumIn(text, file) {
  for (const line of text.split("\n")) {
    const [, sum, name] = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line) ?? [];
    if (name === file) return sum;
  }
  return undefined;
}

/**
 * Downloads an archive and unpacks it in one step into a folder.
 * @param {Context} context
 * @param {{ url: string, checksums: string, folder: string, strip?: number }} archive `strip`: leading path components to drop.
 */
export async function unpack(context, { url, checksums, folder, strip = 0 }) {
  const sum = await listedChecksum(checksums, basename(url));
  await atomically(folder, async (partial) => {
    const file = `${partial}.tar.gz`;
    try {
      await download(context, url, sum, file);
      await mkdir(partial, { recursive: true });
      await context.run("tar", ["-xzf", file, "-C", partial, `--strip-components=${strip}`, "--no-same-owner"]);
    } finally {
      await rm(file, { force: true });
    }
  });
}

/**
 * Downloads one executable in one step.
 * @param {Context} context @param {{ url: string, checksums: string, target: string }} file
 */
export async function downloadExecutable(context, { url, checksums, target }) {
  const sum = await listedChecksum(checksums, basename(url));
  await atomically(target, async (partial) => {
    await download(context, url, sum, partial);
    await context.run("chmod", ["755", partial]);
  });
}

/** @param {string} url @param {AbortSignal} signal */
async function fetched(url, signal) {
  const response = await fetch(url, { signal }).catch((error) => {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}

/** What Node's fetch hides in the cause. @param {unknown} error @returns {string} */
export function reasonOf(error) {
  const { message, cause } = /** @type {Error} */ (error);
  return cause instanceof Error ? cause.message || String(/** @type {any} */ (cause).code) : message;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}
