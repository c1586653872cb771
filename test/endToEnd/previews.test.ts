import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createContext } from "../../tools/context.mjs";
import { freePort } from "../../tools/freePort.mjs";
import { stateForPreviews } from "../../tools/preview/export.mjs";
import { changesIn } from "../../tools/preview/report.mjs";
import { previewWithoutCredentials } from "../../tools/preview/run.mjs";
import { type Stack, stacksOf } from "../../tools/preview/stacks.mjs";
import { withoutSecrets } from "../../tools/preview/state.mjs";
import { filesBelow } from "../support/checkers.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { replaceInFile } from "../support/sources.ts";
import { root } from "../support/stack.ts";

const run = promisify(execFile);

describe("a preview without credentials, against the state of a deployed app", () => {
  // One secret by each way in which the state gets one.
  const canary = (way: string) => `canary-${way}-${Math.random().toString(36).slice(2, 12)}`;
  const canaries = {
    configured: canary("configured"),
    interpolated: canary("interpolated"),
    envFile: canary("envfile"),
    secretFile: canary("secretfile"),
  };
  let app: DeployedApp;
  /** A checkout of which only the stack's file is its own. */
  let checkout: string;
  let stack: Stack;
  let states: string;

  const session = () => createContext({ root: checkout });
  const exported = (...options: string[]) => app.stack.cli("stack", "export", ...options).then(JSON.parse);
  const preview = () => previewWithoutCredentials(session(), stack, states);

  beforeAll(async () => {
    app = await DeployedApp.prepare("hello-world");
    const { folder } = app;
    await writeFile(join(folder, "plain.env"), `FROM_FILE=${canaries.envFile}\n`);
    await writeFile(join(folder, "token"), canaries.secretFile);
    await app.edit(
      "compose.yaml",
      "    build: .\n",
      "    build: .\n    env_file: [plain.env]\n    secrets: [token]\n    environment:\n" +
        "      DIRECT: $DIRECT\n      DATABASE_URL: postgresql://app:$DBPASS@db/shop\n",
    );
    const compose = await readFile(join(folder, "compose.yaml"), "utf8");
    await writeFile(join(folder, "compose.yaml"), `${compose}\nsecrets:\n  token: { file: ./token }\n`);
    await app.stack.secret("secrets.DIRECT", canaries.configured);
    await app.stack.secret("secrets.DBPASS", canaries.interpolated);
    await app.up();

    // Whoever previews without credentials has other files in the places of the secret ones.
    await writeFile(join(folder, "plain.env"), "FROM_FILE=another\n");
    await writeFile(join(folder, "token"), "another");
    checkout = join(app.stack.folder, "checkout");
    states = join(app.stack.folder, "states");
    await mkdir(checkout);
    await mkdir(states);
    for (const name of await readdir(root))
      if (!/^(Pulumi\..+\.yaml|\..*)$/.test(name)) await symlink(join(root, name), join(checkout, name));
    await writeFile(join(checkout, `Pulumi.${app.stack.name}.yaml`), await readFile(app.stack.configFile));
    stack = (await stacksOf(checkout))[0] as Stack;
    const { state, unsettled } = await stateForPreviews(session(), stack, await exported("--show-secrets"));
    expect(unsettled).toBeUndefined();
    await writeFile(join(states, `${stack.name}.json`), JSON.stringify(state));
  });
  afterAll(() => app?.remove());

  it("finds no secret in the exported state", async () => {
    const [encrypted, plain] = [await exported(), await exported("--show-secrets")];
    const salt: string = encrypted.deployment.secrets_providers.state.salt;
    const ciphertexts = [...JSON.stringify(encrypted).matchAll(/"ciphertext":"([^"]+)"/g)].map(([, text]) => text);
    expect(ciphertexts.length).toBeGreaterThan(Object.keys(canaries).length);
    for (const value of Object.values(canaries)) expect(JSON.stringify(plain)).toContain(value);

    const published = await readFile(join(states, `${stack.name}.json`), "utf8");
    for (const text of [published, ...[encrypted, plain].map((each) => JSON.stringify(withoutSecrets(each)))]) {
      for (const secret of [...Object.values(canaries), ...ciphertexts, salt]) expect(text).not.toContain(secret);
      expect(text).not.toContain("canary");
      expect(JSON.parse(text).deployment.resources).toHaveLength(encrypted.deployment.resources.length);
    }
  });

  it("shows no change where there is none, and writes nothing into the checkout", async () => {
    const files = await readdir(checkout);
    const file = await readFile(join(checkout, stack.file), "utf8");
    const { ok, against, output } = await preview();
    expect(ok, output).toBe(true);
    expect(against).toBe("state");
    expect(changesIn(output), output).toMatch(/^Resources: \d+ unchanged$/);
    expect(await readdir(checkout)).toEqual(files);
    expect(await readFile(join(checkout, stack.file), "utf8")).toBe(file);
  });

  it("shows what a change does, and only that", async () => {
    await replaceInFile(join(app.folder, "compose.yaml"), "DIRECT: $DIRECT", "DIRECT: $DIRECT\n      ADDED: here");
    const { ok, output } = await preview();
    expect(ok, output).toBe(true);
    expect(changesIn(output), output).toMatch(/^Resources: 1 to replace, \d+ unchanged$/);
    expect(output).toMatch(/\+-docker:index\/container:Container: \(replace\)\n.*\n.*::hello-world-web\]\n/);
  });

  it("says so where the program does not run without its secrets; the state is exported all the same", async () => {
    await rm(join(app.folder, "plain.env"));
    const { ok, output } = await preview();
    expect(ok).toBe(false);
    expect(output).toContain("plain.env");
    const { state, unsettled } = await stateForPreviews(session(), stack, await exported("--show-secrets"));
    expect(unsettled).toContain("plain.env");
    expect(JSON.stringify(state)).not.toContain("canary");
  });
});

describe("the commands", () => {
  let checkout: string;
  const node = async (script: string, ...args: string[]) => {
    // Never the user's own backend.
    const backend = { PULUMI_BACKEND_URL: `file://${checkout}/.retrofit`, PULUMI_CONFIG_PASSPHRASE: "test" };
    const env = { ...process.env, ...backend };
    const ran = run("node", [join("tools", script), ...args], { cwd: checkout, env, maxBuffer: 1 << 26 });
    return ran.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code: code as number, stdout: String(stdout), stderr: String(stderr) }),
    );
  };
  const git = (...args: string[]) =>
    run("git", ["-c", "user.name=test", "-c", "user.email=test@example.invalid", ...args], { cwd: checkout });
  const headings = (text: string) => [...text.matchAll(/^#### .* on retrofit\/(.*)$/gm)].map(([, name]) => name);

  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), "retrofit-checkout-"));
    for (const file of await filesBelow()) await cp(join(root, file), join(checkout, file), { recursive: true });
    await symlink(join(root, "node_modules"), join(checkout, "node_modules"));
    // On a port of its own: a preview refuses one that another stack's container holds.
    await writeFile(
      join(checkout, "Pulumi.extra.yaml"),
      `config:
  retrofit:target: docker
  retrofit:app: hello-world
  retrofit:environment: { HTTP_PORT: ${await freePort()} }
`,
    );
    await mkdir(join(checkout, ".retrofit"));
    await git("init", "--quiet", "--initial-branch=main");
    await git("add", "--all");
    await git("commit", "--quiet", "--message=all");
  });
  afterAll(() => rm(checkout, { recursive: true, force: true }));

  it("npm run preview -- <stack>: each stack of the project, with no account anywhere", async () => {
    const names = (await stacksOf(root)).map(({ name }) => name);
    const { code, stdout, stderr } = await node("preview.mjs", ...names);
    expect(code, stdout + stderr).toBe(0);
    expect(headings(stdout)).toEqual(names);
    expect(stdout.match(/^Resources: \d+ to create$/gm), stdout).toHaveLength(names.length);
    expect(stdout.match(/^> \*\*A preview without credentials\.\*\* No exported state/gm)).toHaveLength(names.length);
  });

  it("npm run preview -- <stack>: says which stacks there are", async () => {
    const { code, stderr } = await node("preview.mjs", "nosuch");
    expect(code).toBe(1);
    expect(stderr).toMatch(/There is no Pulumi\.nosuch\.yaml\.\nMend: Name some of: .*docker.*\./);
  });

  it("npm run preview:pr: nothing for docs", async () => {
    await writeFile(join(checkout, "docs", "new.md"), "x\n");
    expect(await node("previewPullRequest.mjs", "--base", "main")).toMatchObject({
      code: 0,
      stdout: "The changes touch no stack.\n",
    });
  });

  it("npm run preview:pr: what is changed, added and committed counts, and what the base got since does not", async () => {
    await git("switch", "--quiet", "--create", "feature");
    await replaceInFile(join(checkout, "docker/hello-world/app.py"), "import", "# changed\nimport");
    await git("commit", "--quiet", "--all", "--message=app");
    await git("switch", "--quiet", "main");
    await writeFile(join(checkout, "index.ts"), "// broken");
    await git("commit", "--quiet", "--all", "--message=base");
    await git("switch", "--quiet", "feature");

    const list = await node("previewPullRequest.mjs", "--base", "main", "--list", "--credentials", "gcp");
    expect(list).toMatchObject({ code: 0, stdout: "with=[]\nwithout=extra\n" });
    const { code, stdout } = await node("previewPullRequest.mjs", "--base", "main");
    expect(code, stdout).toBe(0);
    expect(headings(stdout)).toEqual(["extra"]);
    expect(stdout).toContain("> Touched by `docker/hello-world/app.py`.\n");
    expect(stdout).toContain("A preview without credentials");

    await writeFile(join(checkout, "components/gcp/machine/new"), "");
    const more = await node("previewPullRequest.mjs", "--base", "main", "--list", "--credentials", "gcp,aws");
    const stacks = await stacksOf(checkout);
    const real = stacks.filter(({ target, embedded }) => target === "gcp" && !embedded);
    expect(JSON.parse(/^with=(.*)$/m.exec(more.stdout)?.[1] ?? "")).toEqual(
      real.map(({ name }) => ({ name, target: "gcp" })),
    );
    await rm(join(checkout, "components/gcp/machine/new"));
  });

  it("npm run preview:pr: as the workflow has it, in the merge with its two parents alone", async () => {
    await git("switch", "--quiet", "--create", "merged", "main");
    await git("merge", "--quiet", "--no-ff", "--message=merge", "feature");
    const shallow = join(checkout, ".retrofit", "shallow");
    await git("clone", "--quiet", "--depth=2", `file://${checkout}`, shallow);
    await git("switch", "--quiet", "feature");
    const list = ["--base", "HEAD^1", "--list", "--credentials", ","];
    const { stdout } = await run("node", [join("tools", "previewPullRequest.mjs"), ...list], { cwd: shallow });
    expect(stdout).toBe("with=[]\nwithout=extra\n");
  });

  it("npm run preview:pr: a stack that is in the backend is compared as it is, and left as it is", async () => {
    const file = await readFile(join(checkout, "Pulumi.extra.yaml"), "utf8");
    expect(await node("pulumi.mjs", "stack", "init", "extra")).toMatchObject({ code: 0 });
    const { code, stdout } = await node("previewPullRequest.mjs", "--base", "main");
    expect(code, stdout).toBe(0);
    expect(headings(stdout)).toEqual(["extra"]);
    expect(stdout).not.toContain("without credentials");
    const forced = await node("previewPullRequest.mjs", "--base", "main", "--without-credentials");
    expect(forced.stdout).toContain("A preview without credentials");
    expect(await readFile(join(checkout, "Pulumi.extra.yaml"), "utf8")).toBe(file);
  });

  it("exportStates.mjs: the states of the stacks that are in the backend", async () => {
    const folder = join(checkout, ".retrofit", "exported");
    const { code, stderr } = await node("exportStates.mjs", folder);
    expect(code, stderr).toBe(0);
    expect(await readdir(folder)).toEqual(["extra.json"]);
    const state = JSON.parse(await readFile(join(folder, "extra.json"), "utf8"));
    expect(state.deployment.secrets_providers).toBeUndefined();
    const report = join(folder, "report.json");
    const { stdout } = await node("preview.mjs", "extra", "--states", folder, "--report", report);
    expect(stdout).toContain("compared with the last exported state");
    expect(JSON.parse(await readFile(report, "utf8")).previews).toMatchObject([
      { stack: "extra", ok: true, against: "state" },
    ]);
  });

  it("a preview that fails is shown, and fails the command", async () => {
    await writeFile(
      join(checkout, "Pulumi.extra.yaml"),
      "config:\n  retrofit:app: nosuch\n  retrofit:target: docker\n",
    );
    const { code, stdout } = await node("preview.mjs", "extra");
    expect(code).toBe(1);
    expect(stdout).toContain("**It failed.**");
    expect(stdout).toContain('there is no "nosuch"');
  });
});
