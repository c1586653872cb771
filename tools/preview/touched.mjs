// @ts-check
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/**
 * Which stacks a change touches. What is not known to be without effect counts as touching: a preview too many costs a minute, one
 * too few hides what a merge will do.
 * @typedef {import("./stacks.mjs").Stack} Stack
 *
 * @typedef {object} Touched
 * @property {Stack} stack
 * @property {string[]} because The changed files that touch it.
 */

/** Folders that no real stack is made from. The apps under docker/ count for the stacks that deploy them. */
const harmless = ["docs/", "test/", "bench/", "tools/", ".github/", ".ci/", "docker/", "embedded/"];

/** Files at the top that no stack is made from. */
const harmlessFile =
  /^([^/]+\.md|LICENSE|\.gitignore|\.editorconfig|biome\.json|tsconfig\.json|vitest\.config\.ts|Pulumi\.[^/]+\.ya?ml)$/;

/** Sources of the program. */
const source = /^([^/]+|(components|compose|config|targets)\/.*)\.ts$/;

/**
 * @param {string} root @param {readonly Stack[]} stacks
 * @param {readonly string[]} changed Files that were added, changed or removed, from the checkout.
 * @returns {Touched[]}
 */
export function touchedStacks(root, stacks, changed) {
  const targets = targetsOf(root);
  const programs = new Map(
    [...targets, ...stacks.map(({ target }) => target)].map((target) => [target, programOf(root, target, targets)]),
  );
  const apps = new Map(stacks.map((stack) => [stack, appPaths(root, stack.app)]));
  /** @param {string} file */
  const ofAll = (file) =>
    !harmlessFile.test(file) &&
    !harmless.some((folder) => file.startsWith(folder)) &&
    !source.test(file) && // not imported
    ![...programs.values()].some((program) => has(program, file)) &&
    ![...apps.values()].some((app) => has(app, file));
  return stacks.flatMap((stack) => {
    const own = [stack.file, ...(programs.get(stack.target) ?? []), ...(apps.get(stack) ?? [])];
    if (stack.embedded) own.push("embedded/");
    const because = changed.filter((file) => has(own, file) || ofAll(file));
    return because.length > 0 ? [{ stack, because }] : [];
  });
}

/** Whether a file is one of some, or lies in one of the folders among them, which end with a slash; `/` is the checkout. @param {readonly string[]} paths @param {string} file */
function has(paths, file) {
  return paths.some((path) => file === path || path === "/" || (path.endsWith("/") && file.startsWith(path)));
}

/**
 * What the program consists of for one target: the modules that index.ts imports, and those that they import; with the folders
 * of those that read files, which lie beside them or below. Where a module that all targets share picks one of them, the others
 * are left out.
 * @param {string} root @param {string} target @param {readonly string[]} targets @returns {string[]}
 */
export function programOf(root, target, targets) {
  /** @param {string} file */
  const owner = (file) => targets.find((each) => ownedBy(each, file));
  const modules = new Set(["index.ts"]);
  const folders = new Set();
  for (const file of modules) {
    const text = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
    if (text.includes("import.meta.") && file.includes("/")) folders.add(`${dirname(file)}/`);
    for (const imported of importsIn(text).map((name) => join(dirname(file), name))) {
      const other = owner(imported);
      if (other !== undefined && other !== target && owner(file) === undefined) continue;
      modules.add(imported);
    }
  }
  return [...modules, ...folders];
}

/** The targets that there are: each has a module that deploys to it, and a folder of components. @param {string} root */
function targetsOf(root) {
  const folder = join(root, "targets");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => existsSync(join(root, "components", name)));
}

/** @param {string} target @param {string} file */
function ownedBy(target, file) {
  return [`targets/${target}.ts`, `config/${target}.ts`].includes(file) || file.startsWith(`components/${target}/`);
}

/** The paths that a module imports, statically or not. @param {string} text @returns {string[]} */
function importsIn(text) {
  const named = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(?<path>\.{1,2}\/[^"]+)"/g);
  return [...named].map(({ groups }) => groups?.path ?? "");
}

/**
 * What an app consists of, from the checkout, as a file and as a folder: its folder, and whatever outside of it its compose file
 * names, such as the context `..` of a build. Nothing where the app lies outside of the checkout.
 * @param {string} root @param {string} app As configured. @returns {string[]}
 */
export function appPaths(root, app) {
  const paths = [resolve(root, "docker", app), resolve(root, app)];
  const path = paths.find((each) => existsSync(each)) ?? /** @type {string} */ (paths[0]); // it may have been removed
  const found = new Set([path]);
  for (const each of found) {
    if (each === path && statSync(each, { throwIfNoEntry: false })?.isFile()) found.add(dirname(each));
    for (const file of composeFiles(each))
      for (const [name] of readFileSync(file, "utf8").matchAll(/(?<![\w./])\.\.(?:\/[\w.@-]+)*/g))
        found.add(resolve(dirname(file), name));
  }
  return [...found]
    .map((each) => relative(root, each))
    .filter((each) => each !== ".." && !each.startsWith(`..${sep}`))
    .flatMap((each) => [each, `${each}/`]);
}

/** @param {string} path @returns {string[]} */
function composeFiles(path) {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind?.isFile()) return /\.ya?ml$/.test(path) ? [path] : [];
  if (!kind?.isDirectory()) return [];
  return readdirSync(path)
    .filter((name) => /^(docker-)?compose[\w.-]*\.ya?ml$/.test(name))
    .map((name) => join(path, name));
}
