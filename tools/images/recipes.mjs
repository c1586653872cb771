// @ts-check
/** Which official base images there are stand-ins for, and when one has to be built anew. */
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ferretdb } from "../versions.mjs";

/**
 * @typedef {object} Recipe
 * @property {string} image The official name.
 * @property {string} folder Of its Dockerfile, beside this file.
 * @property {string} of What it is made of, for people.
 * @property {import("../go.mjs").GoProgram} [program] Put beside its Dockerfile.
 */

/** In the order in which they are built: the first is the base of the others. @type {readonly Recipe[]} */
export const recipes = [
  { image: "debian:trixie-slim", folder: "debian", of: "debootstrap" },
  { image: "python:3.13-slim", folder: "python", of: "Python 3.13" },
  { image: "nginx:1.28", folder: "nginx", of: "nginx 1.26" },
  { image: "postgres:17", folder: "postgres", of: "PostgreSQL 17, without just-in-time compilation" },
  { image: "redis:8", folder: "redis", of: "Redis 8.0, without its extra modules" },
  {
    image: "ghcr.io/ferretdb/ferretdb:1.24",
    folder: "ferretdb",
    of: `FerretDB ${ferretdb.version}, from its Go module`,
    program: {
      module: "github.com/FerretDB/FerretDB",
      version: ferretdb.version,
      package: "cmd/ferretdb",
      static: true,
      files: { "build/version/version.txt": `v${ferretdb.version}\n`, "build/version/package.txt": "docker\n" },
    },
  },
];

/**
 * The images of recipes among some names, and the one that they are built on.
 * @param {readonly string[]} names @returns {string[]}
 */
export function withBase(names) {
  const images = recipes.map(({ image }) => image);
  return images.some((image) => names.includes(image))
    ? images.filter((image, index) => index === 0 || names.includes(image))
    : [];
}

/** @param {Recipe} recipe */
export function recipeFolder({ folder }) {
  return fileURLToPath(new URL(folder, import.meta.url));
}

/**
 * Where the local registry keeps an image, so that it serves as mirror of the registry in the official name.
 * @param {string} image @returns {{ repository: string, tag: string }}
 */
export function placeInRegistry(image) {
  const colon = image.lastIndexOf(":");
  const path = image.slice(0, colon);
  const slash = path.indexOf("/");
  const onHub = slash < 0 || !/[.:]/.test(path.slice(0, slash));
  const repository = onHub ? (slash < 0 ? `library/${path}` : path) : path.slice(slash + 1);
  return { repository, tag: image.slice(colon + 1) };
}

/**
 * Everything that a stand-in is made of, by its image: as long as it is the same, nothing is built.
 * @param {Readonly<Record<string, string>>} hostFiles @returns {Promise<Map<string, string>>}
 */
export async function recipeHashes(hostFiles) {
  /** @type {Map<string, string>} */
  const hashes = new Map();
  let base = digest([process.arch, ...Object.entries(hostFiles).flat()]);
  for (const recipe of recipes) {
    const files = await folderContent(recipeFolder(recipe));
    const hash = digest([base, JSON.stringify(recipe.program ?? {}), ...files]);
    if (hashes.size === 0) base = hash;
    hashes.set(recipe.image, hash);
  }
  return hashes;
}

/** Names, modes and content of the files of a folder, in order. @param {string} folder @returns {Promise<string[]>} */
export async function folderContent(folder) {
  const names = (await readdir(folder)).sort();
  const contents = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const status = await lstat(path);
      if (status.isDirectory()) return (await folderContent(path)).map((entry) => `${name}/${entry}`);
      if (status.isSymbolicLink()) return [name, await readlink(path)];
      return [`${name} ${(status.mode & 0o111) === 0 ? "file" : "executable"}`, await readFile(path, "utf8")];
    }),
  );
  return contents.flat();
}

/** @param {readonly string[]} parts */
function digest(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest("hex");
}
