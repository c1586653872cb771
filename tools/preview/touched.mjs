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

/** Folders of the program's own sources. */
const sources = ["components/", "compose/", "config/", "targets/"];

/**
 * @param {string} root @param {readonly Stack[]} stacks
 * @param {readonly string[]} changed Files that were added, changed or removed, from the checkout.
 * @returns {Touched[]}
 */
export function touchedStacks(root, stacks, changed) {
  const targets = targetsOf(root);
  /** @type {Map<string, ReadonlySet<string>>} */
  const programs = new Map();
  const apps = new Map(stacks.map((stack) => [stack, appPaths(root, stack.app)]));
  /** @param {string} file @param {Stack} stack */
  const inApp = (file, stack) => (apps.get(stack) ?? []).some((path) => isIn(file, path));
  return stacks.flatMap((stack) => {
    const program = programs.get(stack.target) ?? programFiles(root, stack.target, targets);
    programs.set(stack.target, program);
    const because = changed.filter((file) => {
      if (file === stack.file || program.has(file) || inApp(file, stack)) return true;
      if (stack.embedded && file.startsWith("embedded/")) return true;
      return !stacks.some((other) => inApp(file, other)) && isOfAll(file, program);
    });
    return because.length > 0 ? [{ stack, because }] : [];
  });
}

/** @param {string} file @param {string} path Of a file or folder. */
function isIn(file, path) {
  return path === "" || file === path || file.startsWith(`${path}/`);
}

/**
 * Whether a file that is neither the stack's own nor a module of its program touches it all the same.
 * @param {string} file @param {ReadonlySet<string>} program
 */
function isOfAll(file, program) {
  if (harmlessFile.test(file) || harmless.some((folder) => file.startsWith(folder))) return false;
  const source = !file.includes("/") || sources.some((folder) => file.startsWith(folder));
  if (source && file.endsWith(".ts")) return false; // what is imported was found above
  if (!sources.some((folder) => file.startsWith(folder))) return true;
  // What a module reads lies beside it or below.
  const folders = new Set([...program].map(dirname));
  let folder = dirname(file);
  while (!folders.has(folder) && dirname(folder).includes("/")) folder = dirname(folder);
  return folders.has(folder);
}

/**
 * The modules that the program consists of for one target: what index.ts imports, and what that imports. Where a module that
 * all targets share picks one of them, the others are left out.
 * @param {string} root @param {string} target @param {readonly string[]} targets @returns {ReadonlySet<string>}
 */
export function programFiles(root, target, targets) {
  /** @param {string} file */
  const owner = (file) => targets.find((each) => ownedBy(each, file));
  const found = new Set(["index.ts"]);
  for (const file of found) {
    for (const imported of importsOf(root, file)) {
      const other = owner(imported);
      if (other !== undefined && other !== target && owner(file) === undefined) continue;
      found.add(imported);
    }
  }
  return found;
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

/** The modules of the checkout that a module imports, statically or not. @param {string} root @param {string} file */
function importsOf(root, file) {
  const path = join(root, file);
  if (!existsSync(path)) return [];
  const named = readFileSync(path, "utf8").matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+)"/g);
  return [...named].map(([, name]) => relative(root, join(dirname(path), /** @type {string} */ (name))));
}

/**
 * What an app consists of, from the checkout: its folder, and whatever outside of it its compose file names, such as the
 * context `..` of a build. Nothing where the app lies outside of the checkout.
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
  return [...found].map((each) => relative(root, each)).filter((each) => each !== ".." && !each.startsWith(`..${sep}`));
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
