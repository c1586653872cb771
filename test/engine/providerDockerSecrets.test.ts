import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { docker } from "../support/stack.ts";

const image = "retrofit-test/tiny:1";
const canary = (name: string) => `canary-${name}-5e1f`;
const names = ["env", "changed", "upload", "base64", "command", "label", "driver", "health", "log", "registry"];

/** Secrets in many places, one of them within a list, one within an object, one that a job prints. */
const program = (env = "env") => `
  const secret = (name) => pulumi.secret("canary-" + name + "-5e1f");
  const volume = new docker.Volume("data", { labels: [{ label: "l", value: secret("label") }], driverOpts: { o: "size=1m", type: "tmpfs", device: secret("driver") } });
  const web = new docker.Container("web", {
    image: "${image}",
    envs: ["PLAIN=1", secret("${env}").apply((value) => "PASSWORD=" + value)],
    command: ["sh", "-c", secret("command").apply((value) => ": " + value + "; sleep 3600")],
    uploads: [
      { file: "/etc/secret", content: secret("upload"), permissions: "0400" },
      { file: "/etc/binary", contentBase64: secret("base64").apply((value) => Buffer.from(value).toString("base64")) },
    ],
    healthcheck: { tests: ["CMD-SHELL", secret("health").apply((value) => ": " + value)] },
  });
  const job = new docker.Container("job", {
    image: "${image}", mustRun: false, attach: true, logs: true,
    envs: [secret("log").apply((value) => "SAY=" + value)],
    command: ["sh", "-c", "echo $SAY; exit 3"],
  });
  export const envs = web.envs;
  export const log = job.containerLogs;
  export const exitCode = job.exitCode;
  export const command = web.command;
  export const plain = web.image;
`;

describe("secrets", () => {
  let stack: ProviderStack;
  let said: string;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create(program());
    await stack.config(
      "docker:registryAuth",
      JSON.stringify([{ address: "r.example", username: "u", password: canary("registry") }]),
      "--secret",
    );
    const outcomes = [await stack.preview("--diff"), await stack.up("--diff"), await stack.refresh("--diff")];
    expect(outcomes.map(({ messages }) => messages)).toEqual(["", "", ""]);
    await stack.program(program("changed"));
    said = await stack.cli("preview", "--diff", "--json");
    said += await stack.cli("up", "--yes", "--diff");
    said += await stack.cli("up", "--yes", "--diff");
  });
  afterAll(() => stack?.remove());

  it("reach the container", async () => {
    const web = await stack.id("web");
    expect(await docker("exec", web, "env")).toContain(`PASSWORD=${canary("changed")}`);
    expect(await docker("exec", web, "cat", "/etc/secret", "/etc/binary")).toBe(canary("upload") + canary("base64"));
  });

  it("are read again by the program", async () => {
    expect(await stack.outputs()).toEqual({
      envs: ["PLAIN=1", `PASSWORD=${canary("changed")}`],
      log: `${canary("log")}\n`,
      exitCode: 3,
      command: ["sh", "-c", `: ${canary("command")}; sleep 3600`],
      plain: image,
    });
  });

  it.each(names)("are nowhere in the backend: %s", async (name) => {
    const backend = await stack.backend();
    expect(backend).toContain('"exitCode":3');
    // Not by a matcher that would print the whole backend.
    expect(backend.includes(canary(name))).toBe(false);
    expect(backend.includes(Buffer.from(canary(name)).toString("base64"))).toBe(false);
  });

  it("are nowhere in what the CLI says", () => {
    expect(said).toContain("[secret]");
    for (const name of names) expect(said.includes(canary(name)), name).toBe(false);
  });

  it("make only what holds them secret", async () => {
    const { web, job } = await stack.state();
    const secret = (value: unknown) => JSON.stringify(value ?? "").includes("4dabf18193072939515e22adb298388d");
    const among = (outputs: Record<string, unknown> | undefined) =>
      Object.entries(outputs ?? {})
        .filter(([, value]) => secret(value))
        .map(([key]) => key)
        .sort();
    expect(among(web?.outputs)).toEqual(["command", "envs", "healthcheck", "uploads"]);
    expect(among(job?.outputs)).toEqual(["containerLogs", "envs"]);
  });

  it("are not in an error", async () => {
    await stack.program(
      'new docker.Container("x", { image: "x", restart: pulumi.secret("canary-env-5e1f"), cpuSet: pulumi.secret("canary-log-5e1f") });',
    );
    const { ok, messages } = await stack.preview();
    expect(ok).toBe(false);
    expect(messages).toContain("restart must be one of no, on-failure, always, unless-stopped");
    expect(messages).not.toContain("canary");
  });
});
