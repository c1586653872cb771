import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { OtherMachine, password, user } from "../support/otherMachine.ts";
import { type Outcome, TestStack } from "../support/stack.ts";

/** A program and the libraries that it needs, as the root of an image. */
async function copyProgram(program: string, rootfs: string): Promise<void> {
  const { stdout } = await promisify(execFile)("ldd", [program]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library as string);
  for (const file of [program, ...libraries]) {
    await mkdir(join(rootfs, dirname(file)), { recursive: true });
    await copyFile(file, join(rootfs, file));
  }
}

// What it proves ends at the names: the registry behind them is Debian's docker-registry, whose login is HTTP's Basic. That
// tokens are asked for as Docker Hub wants it is shown by a unit test, and by BuildKit and the engine being the real ones.
describe("images in registries that ask for a password", () => {
  const wrong = "wrong-7d01-canary";
  let machine: OtherMachine;
  let stack: TestStack;
  let app: string;
  // Nothing is published, which would need a network of the engine's.
  /** All that was said to the user. */
  let said = "";

  beforeAll(async () => {
    machine = await OtherMachine.start();
    stack = await TestStack.create({ app: "" }, machine);
    app = join(stack.folder, "app");
    await copyProgram("/bin/sleep", join(app, "rootfs"));
    await writeFile(join(app, "Dockerfile"), 'FROM scratch\nCOPY rootfs /\nCMD ["/bin/sleep", "3600"]\n');
    await writeFile(join(app, "rootfs", "release"), "1\n");
    await writeFile(join(app, "compose.yaml"), composeFile(""));
  });
  afterAll(async () => {
    await stack?.remove();
    await machine?.stop();
  });

  const composeFile = (more: string) =>
    `name: shop\nservices:\n  web:\n    build: .\n    network_mode: none\n    init: false\n    stop_grace_period: 1s\n${more}`;

  async function configure(registry: string, secret: string | undefined, more: object = {}) {
    await stack.configure({ app, registry, timeout: 300, ...(secret && { registryUsername: user }), ...more });
    if (secret !== undefined) await stack.secret("registryPassword", secret);
  }

  async function up(...options: string[]): Promise<Outcome> {
    const outcome = await stack.up(...options);
    said += outcome.messages + JSON.stringify(outcome);
    return outcome;
  }

  async function succeeds(): Promise<Outcome> {
    const outcome = await up();
    expect(outcome.ok, outcome.messages).toBe(true);
    return outcome;
  }

  async function digest(): Promise<string> {
    const { images } = (await stack.outputs()) as { images: { web: string } };
    return images.web.split("@")[1] as string;
  }

  const tag = async (repository: string, name: string) =>
    (await machine.registry(`${repository}/manifests/${name}`)).digest;

  async function running(): Promise<string> {
    const filters = ["--filter", `label=retrofit.stack=retrofit/${stack.name}`];
    const { stdout } = await machine.run("docker", "ps", ...filters, "--format", '{{.Label "retrofit.image"}}');
    return stdout.trim();
  }

  it("are previewed without a network, whatever the password", async () => {
    await configure(`docker.io/${user}`, wrong);
    const outcome = await stack.preview();
    said += await stack.cli("preview", "--diff", "--config-file", stack.configFile);
    expect(outcome.ok, outcome.messages).toBe(true);
    expect(outcome.messages).toBe("");
  });

  it("are not pushed with a wrong password: one error, which names registry, user and mend", async () => {
    const { ok, messages } = await up();
    expect(ok).toBe(false);
    expect(messages.trim()).toBe(
      `error: Pulumi.${stack.name}.yaml: retrofit:registryPassword: docker.io refuses the user ${user} with this password or ` +
        "access token. Set the right one: pulumi config set --secret retrofit:registryPassword.",
    );
    expect((await machine.registry(`${user}/shop/tags/list`)).status).toBe(404);
  });

  it("are pushed to Docker Hub, and pulled from there by digest", async () => {
    await configure(`docker.io/${user}`, password);
    await succeeds();
    const pushed = await digest();
    expect(await tag(`${user}/shop`, pushed.slice(7, 19))).toBe(pushed);
    expect(await tag(`${user}/shop`, "latest")).toBe(pushed);
    expect(await running()).toBe(`docker.io/${user}/shop@${pushed}`);
  });

  it("have nothing to do when nothing has changed, and a refresh sees them", async () => {
    expect(await up()).toMatchObject({ ok: true, steps: [], messages: "" });
    const preview = await stack.preview("--refresh");
    expect(preview.steps.filter((step) => !step.startsWith("refresh"))).toEqual([]);
    expect(preview.messages).toBe("");
  });

  it("move `latest` only after the tag of their own, which older releases keep", async () => {
    const first = await digest();
    await writeFile(join(app, "rootfs", "release"), "2\n");
    await configure(`docker.io/${user}`, password, { tag: "v2" });
    await succeeds();
    const second = await digest();
    expect(second).not.toBe(first);
    expect(await tag(`${user}/shop`, first.slice(7, 19))).toBe(first);
    expect(await tag(`${user}/shop`, "v2")).toBe(second);
    expect(await tag(`${user}/shop`, "latest")).toBe(second);
    const puts = async () =>
      [...(await machine.logs()).matchAll(/"PUT \/v2\/ada\/shop\/manifests\/(\S+) HTTP/g)].map(([, name]) =>
        name?.startsWith("sha256:") ? "digest" : name,
      );
    // It logs what it has answered.
    await eventually(async () =>
      expect(await puts()).toEqual(["digest", first.slice(7, 19), "latest", "digest", "v2", "latest"]),
    );
    expect(await running()).toBe(`docker.io/${user}/shop@${second}`);
  });

  it("are pushed to a project of gcr.io with Docker's own login, and pulled with it", async () => {
    await machine.login("gcr.io", password);
    await configure("gcr.io/shop-1", undefined);
    await succeeds();
    const pushed = await digest();
    expect(await tag("shop-1/shop", "latest")).toBe(pushed);
    expect(await tag("shop-1/shop", pushed.slice(7, 19))).toBe(pushed);
    expect(await running()).toBe(`gcr.io/shop-1/shop@${pushed}`);
    await machine.login("gcr.io", undefined);
  });

  it("are pulled with the same login where a compose file names them", async () => {
    await writeFile(
      join(app, "compose.yaml"),
      composeFile(`  worker:\n    image: ${user}/shop:v2\n    network_mode: none\n    stop_grace_period: 1s\n`),
    );
    await configure(`docker.io/${user}`, password);
    // The engine has forgotten it.
    const { stdout } = await machine.run("docker", "images", "--quiet", `${user}/shop`);
    expect(stdout).toBe("");
    await succeeds();
    expect((await running()).split("\n").sort()).toEqual([
      `${user}/shop:v2`,
      `docker.io/${user}/shop@${await digest()}`,
    ]);
  });

  it("are pulled with a login of their own where another registry has them, to build on and to run", async () => {
    await writeFile(join(app, "Dockerfile"), `FROM ${user}/shop:v2\nCOPY rootfs/release /release\n`);
    await writeFile(
      join(app, "compose.yaml"),
      composeFile(`  worker:\n    image: ${user}/shop:latest\n    network_mode: none\n    stop_grace_period: 1s\n`),
    );
    await configure("gcr.io/shop-1", password, { logins: { "docker.io": { username: user } } });
    await stack.secret('logins["docker.io"].password', wrong);
    expect((await up()).messages.trim()).toBe(
      `error: Pulumi.${stack.name}.yaml: retrofit:logins["docker.io"].password: docker.io refuses the user ${user} with this password ` +
        `or access token. Set the right one: pulumi config set --path --secret 'retrofit:logins["docker.io"].password'.`,
    );
    await stack.secret('logins["docker.io"].password', password);
    await succeeds();
    expect((await running()).split("\n").sort()).toEqual([
      `${user}/shop:latest`,
      `gcr.io/shop-1/shop@${await digest()}`,
    ]);
  });

  it("are still in the registry when the stack is gone", async () => {
    const last = await digest();
    expect((await stack.destroy()).ok).toBe(true);
    expect(await tag("shop-1/shop", "latest")).toBe(last);
    // What the compose file names is not this stack's alone.
    const images = async (name: string) => (await machine.run("docker", "images", "--quiet", name)).stdout.trim();
    expect(new Set((await images(`${user}/shop`)).split("\n")).size).toBe(1);
    expect(await images("gcr.io/shop-1/shop")).toBe("");
  });

  it("leave no password in what was said, state, history and logs", async () => {
    const files = await readdir(stack.folder, { recursive: true, withFileTypes: true });
    const kept = files.filter((file) => file.isFile() && !file.parentPath.startsWith(app));
    const texts = await Promise.all(kept.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
    expect(texts.some((text) => text.includes("registryUsername"))).toBe(true);
    const everything = [said, await machine.logs(), ...texts].join("\n");
    for (const secret of [password, wrong]) {
      expect(everything.includes(secret)).toBe(false);
      expect(everything.includes(Buffer.from(`${user}:${secret}`).toString("base64"))).toBe(false);
      expect(everything.includes(Buffer.from(secret).toString("base64"))).toBe(false);
    }
  });
});
