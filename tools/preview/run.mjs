// @ts-check
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { embeddedClouds, readStack } from "../clouds.mjs";
import { attachProviders, pulumiEnvironment } from "../environment.mjs";
import { rememberStackFiles } from "../stackFiles.mjs";
import { configurationWithout, environmentWithout } from "./placeholders.mjs";
import { placeholder, withProgramsValues } from "./state.mjs";

/**
 * @typedef {import("../runner.mjs").Session} Session
 * @typedef {import("./stacks.mjs").Stack} Stack
 *
 * What one preview said.
 * @typedef {object} Preview
 * @property {string} stack
 * @property {string} target
 * @property {boolean} ok
 * @property {"stack" | "state" | "nothing"} against What it was compared with: the stack itself, with credentials; an
 *   exported state without secrets; nothing.
 * @property {string} output Of the CLI.
 */

/**
 * @typedef {{ root: string, cache: string, env: NodeJS.ProcessEnv, cwd: string, embedded: readonly string[] }} Place
 *   `embedded`: targets whose provider is the embedded cloud's in any case.
 */

/** The preview of a stack as it is, with the credentials and the backend at hand. @param {Session} session @param {Stack} stack @returns {Promise<Preview>} */
export async function previewWithCredentials({ context }, stack) {
  const { root, cache } = context;
  const env = pulumiEnvironment({ root, cache, env: context.env });
  const tidy = rememberStackFiles(root);
  try {
    const said = await previewed(stack, { root, cache, env, cwd: root, embedded: [] });
    return { stack: stack.name, target: stack.target, ...said, against: "stack" };
  } finally {
    await tidy();
  }
}

/**
 * The preview of a stack with neither credentials nor secrets.
 * @param {Session} session @param {Stack} stack
 * @param {string} [states] Folder with exported states, `<stack>.json`.
 * @returns {Promise<Preview>}
 */
export async function previewWithoutCredentials(session, stack, states) {
  const exported = states && join(states, `${stack.name}.json`);
  const state = exported && existsSync(exported) ? JSON.parse(await readFile(exported, "utf8")) : undefined;
  const said = await inCopy(session, stack, state, (place) => previewed(stack, place));
  return { stack: stack.name, target: stack.target, ...said, against: state ? "state" : "nothing" };
}

/**
 * A state without secrets, in which the program's own values stand where secrets were: those that the program has without secrets.
 * Only so a later preview shows no change where nothing but an unknown value lies.
 * @param {Session} session @param {Stack} stack @param {any} state @returns {Promise<any>}
 */
export function settled(session, stack, state) {
  return inCopy(session, stack, state, async (place) => {
    const plan = join(place.cwd, "plan.json");
    // In the plan they are in plain text, and only there.
    const { ok, output } = await previewed(stack, place, ["--save-plan", plan, "--show-secrets"]);
    if (!ok) throw new Error(`The program does not run without secrets: ${output}`);
    return withProgramsValues(state, JSON.parse(await readFile(plan, "utf8")));
  });
}

/**
 * Does something with a copy of the project's files, so that nothing is written into the checkout, and a state of its own.
 * @template T
 * @param {Session} session @param {Stack} stack @param {any} state Without secrets; undefined: none.
 * @param {(place: Place) => Promise<T>} work @returns {Promise<T>}
 */
async function inCopy({ context }, stack, state, work) {
  const { root, cache } = context;
  const cwd = await mkdtemp(join(tmpdir(), "retrofit-preview-"));
  try {
    const env = pulumiEnvironment({
      root,
      cache,
      env: {
        ...environmentWithout(context.env),
        PULUMI_BACKEND_URL: `file://${join(cwd, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: placeholder,
        RETROFIT_STAND_INS: "", // a preview pushes nothing
      },
    });
    /** @param {readonly string[]} args */
    const cli = async (...args) => {
      const { code, stdout, output } = await run([...args, "--stack", stack.name, "--non-interactive"], { cwd, env });
      if (code !== 0) throw new Error(`pulumi ${args[0]} ${args[1]}: ${output}`);
      return stdout;
    };
    const { parse } = await import("yaml");
    /** @param {string} file */
    const read = async (file) => parse(await readFile(join(root, file), "utf8"));
    const project = { ...(await read("Pulumi.yaml")), main: join(root, "index.ts") };
    const { file, secrets } = configurationWithout(await read(stack.file));
    await mkdir(join(cwd, "state"));
    // JSON is YAML.
    await writeFile(join(cwd, "Pulumi.yaml"), JSON.stringify(project));
    await writeFile(join(cwd, `Pulumi.${stack.name}.yaml`), JSON.stringify(file));
    await cli("stack", "init");
    const values = secrets.flatMap((path) => ["--secret", `${path}=${placeholder}`]);
    if (values.length > 0) await cli("config", "set-all", "--path", ...values);
    if (state !== undefined) {
      const { secrets_providers } = JSON.parse(await cli("stack", "export")).deployment;
      const importable = { ...state, deployment: { ...state.deployment, secrets_providers } };
      await writeFile(join(cwd, "state.json"), JSON.stringify(importable));
      await cli("stack", "import", "--file", join(cwd, "state.json"));
    }
    // The real provider of AWS takes no account that it cannot ask for, and each stack names its own.
    return await work({ root, cache, env, cwd, embedded: ["aws"] });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** @param {Stack} stack @param {Place} place @param {readonly string[]} form @returns {Promise<{ ok: boolean, output: string }>} */
async function previewed(stack, { root, cache, env, cwd, embedded }, form = ["--diff", "--suppress-permalink=true"]) {
  const { target } = stack;
  const { account } = await readStack(root, stack.file);
  const clouds = embedded.includes(target) ? [target] : embeddedClouds(stack, "preview", env);
  const providers = await attachProviders({ root, cache, env, clouds, account });
  try {
    const args = ["preview", ...form, "--stack", stack.name, "--non-interactive", "--color", "never"];
    const surroundings = { RETROFIT_CLI: "npm run pulumi --", ...env, ...providers.env };
    const { code, output } = await run(args, { cwd, env: surroundings });
    return { ok: code === 0, output: stripVTControlCharacters(output).trim() };
  } finally {
    await providers.close();
  }
}

/**
 * Runs the CLI to its end; what it says is neither logged nor shown.
 * @param {readonly string[]} args @param {{ cwd: string, env: NodeJS.ProcessEnv }} place
 * @returns {Promise<{ code: number | null, stdout: string, output: string }>} `output`: with its errors, in order.
 */
export function run(args, place) {
  const child = spawn("pulumi", args, { ...place, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", output: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      said.output += text;
      if (stream === child.stdout) said.stdout += text;
    });
  return new Promise((resolve, reject) => child.on("error", reject).on("close", (code) => resolve({ code, ...said })));
}
