import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { docker } from "../support/stack.ts";

/** A network, a volume, an image and a container that uses them all. */
const program = (changes: { command?: string; container?: string; network?: string; volume?: string } = {}) => `
  const network = new docker.Network("net", { ${changes.network ?? ""} });
  const volume = new docker.Volume("data", { ${changes.volume ?? ""} });
  const image = new docker.RemoteImage("image", { name: "retrofit-test/tiny:1", keepLocally: true });
  const web = new docker.Container("web", {
    image: image.imageId,
    command: ["sleep", "${changes.command ?? "3600"}"],
    networksAdvanced: [{ name: network.name, aliases: ["www"] }],
    mounts: [{ type: "volume", source: volume.name, target: "/data" }],
    ports: [{ internal: 80, ip: "127.0.0.1" }],
    envs: ["A=1", "B=2"],
    memory: 32,
    ${changes.container ?? ""}
  });
  export const port = web.ports.apply((ports) => ports[0].external);
  export const address = web.networkDatas.apply((datas) => datas[0].ipAddress);
  export const hostname = web.hostname;
  export const mountpoint = volume.mountpoint;
  export const scope = network.scope;
  export const digest = image.repoDigest;
`;

describe("the life of a container and what it needs", () => {
  let stack: ProviderStack;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create(program());
  });
  afterAll(() => stack?.remove());

  const inspect = async (format: string, name = "web") =>
    JSON.parse(await docker("inspect", "--format", `{{json ${format}}}`, await stack.id(name)));

  it("is previewed without a trace", async () => {
    // Others on this engine come and go.
    const named = () => docker("ps", "--all", "--quiet", "--filter", "name=^web-[0-9a-f]{7}$");
    const before = await named();
    const outcome = await stack.preview();
    expect(outcome.steps.toSorted()).toEqual(["create data", "create image", "create net", "create web"]);
    expect(outcome.ok).toBe(true);
    expect(await named()).toBe(before);
  });

  it("begins", async () => {
    expect(await stack.up()).toMatchObject({ ok: true });
    expect(await inspect(".State.Running")).toBe(true);
    expect(await inspect(".HostConfig.Memory")).toBe(32 * 1024 * 1024);
    const name = (await inspect(".Name")).slice(1);
    expect(name).toMatch(/^web-[0-9a-f]{7}$/);
    const state = await stack.state();
    expect(state.net?.id).toMatch(/^[0-9a-f]{64}$/);
    expect(state.data?.id).toMatch(/^data-[0-9a-f]{7}$/);
    expect(state.image?.id).toMatch(/^sha256:[0-9a-f]{64}retrofit-test\/tiny:1$/);
    expect(state.web?.inputs).toMatchObject({ name, __defaults: expect.arrayContaining(["name", "mustRun", "start"]) });
  });

  it("gives the outputs that the engine chose", async () => {
    const outputs = await stack.outputs();
    const { web, data } = await stack.state();
    const digests = JSON.parse(
      await docker("image", "inspect", "--format", "{{json .RepoDigests}}", "retrofit-test/tiny:1"),
    );
    expect(outputs).toEqual({
      port: Number((await inspect('(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort')) as string),
      address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
      hostname: web?.id?.slice(0, 12),
      mountpoint: await docker("volume", "inspect", "--format", "{{.Mountpoint}}", data?.id as string),
      scope: "local",
      digest: digests?.[0] ?? "",
    });
  });

  it("stays when nothing changed", async () => {
    expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true, steps: [] });
  });

  it("changes in place where the engine can", async () => {
    const before = await stack.id("web");
    await stack.program(
      program({ container: 'memory: 48, memorySwap: 96, restart: "on-failure", maxRetryCount: 2, cpuShares: 512' }),
    );
    expect(await stack.up()).toMatchObject({
      ok: true,
      steps: ["update web: cpuShares, maxRetryCount, memory, memorySwap, restart"],
    });
    expect(await stack.id("web")).toBe(before);
    expect(await inspect(".HostConfig.Memory")).toBe(48 * 1024 * 1024);
    expect(await inspect(".HostConfig.RestartPolicy")).toEqual({ Name: "on-failure", MaximumRetryCount: 2 });
    expect(await inspect(".HostConfig.CpuShares")).toBe(512);
    expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true });
  });

  it("is replaced where it cannot, the old one going first", async () => {
    const before = await stack.id("web");
    await stack.program(program({ command: "3601" }));
    expect((await stack.preview()).steps).toContainEqual(expect.stringMatching(/^replace web: command\[1\]/));
    expect(await stack.up()).toMatchObject({ ok: true });
    const after = await stack.id("web");
    expect(after).not.toBe(before);
    await expect(docker("inspect", before)).rejects.toThrow(/No such object/);
    expect(await inspect(".Config.Cmd")).toEqual(["sleep", "3601"]);
  });

  it("does not mind the order of what has none", async () => {
    await stack.program(program({ command: "3601", container: 'envs: ["B=2", "A=1"]' }));
    expect(await stack.preview("--expect-no-changes")).toMatchObject({ ok: true });
  });

  it("is replaced with a network that is replaced", async () => {
    const before = await stack.state();
    const labels = 'labels: [{ label: "a", value: "b" }]';
    await stack.program(program({ command: "3601", network: labels, volume: labels }));
    const outcome = await stack.up();
    expect(outcome.messages).toBe("");
    const after = await stack.state();
    for (const name of ["net", "data", "web"]) expect(after[name]?.id, name).not.toBe(before[name]?.id);
    expect(await inspect(".Labels", "net")).toEqual({ a: "b" });
    await expect(docker("volume", "inspect", before.data?.id as string)).rejects.toThrow(/[Nn]o such volume/);
    await expect(docker("network", "inspect", before.net?.id as string)).rejects.toThrow(
      /No such network|network \w+ not found/,
    );
  });

  it("ends without a trace", async () => {
    const { net, data, web } = await stack.state();
    expect(await stack.destroy()).toMatchObject({ ok: true });
    for (const [kind, id] of [
      ["container", web?.id],
      ["volume", data?.id],
      ["network", net?.id],
    ] as const) {
      await expect(docker(kind, "inspect", id as string), kind).rejects.toThrow(/[Nn]o such|not found/);
    }
    expect(await docker("images", "--quiet", "retrofit-test/tiny:1")).not.toBe("");
  });
});

describe("a job", () => {
  let stack: ProviderStack;
  const job = (inputs: string) => `
    const job = new docker.Container("job", { image: "retrofit-test/tiny:1", mustRun: false, attach: true, logs: true, ${inputs} });
    export const code = job.exitCode;
    export const log = job.containerLogs;`;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create(job('command: ["sh", "-c", "echo out; echo err >&2; exit 3"]'));
  });
  afterAll(() => stack?.remove());

  it("is waited for, and its exit code and log are kept", async () => {
    expect(await stack.up()).toMatchObject({ ok: true });
    const outputs = await stack.outputs();
    // The engine takes each of the two in by itself.
    expect(outputs).toEqual({ code: 3, log: expect.stringMatching(/^(out\nerr|err\nout)\n$/) });
    expect(await stack.refresh("--expect-no-changes")).toMatchObject({ ok: true });
    expect(await stack.outputs()).toEqual(outputs);
    expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true });
  });

  it("may have a terminal, and go when it has ended", async () => {
    await stack.program(job('command: ["sh", "-c", "echo out"], tty: true, rm: true'));
    expect((await stack.up()).messages).toBe("");
    expect(await stack.outputs()).toEqual({ code: 0, log: "out\r\n" });
    await expect(docker("inspect", await stack.id("job"))).rejects.toThrow(/No such object/);
  });

  it("need not run", async () => {
    await stack.program(job('command: ["true"], mustRun: true').replace("mustRun: false, ", ""));
    expect((await stack.up()).messages).toMatch(
      /the container job-\w+ is to run to its end \(attach\), so it must not have to run/,
    );
  });
});

describe("state that the real plugin wrote", () => {
  let stack: ProviderStack;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create(program());
    await stack.up();
  });
  afterAll(() => stack?.remove());

  it("is taken over without a change", async () => {
    const { deployment, ...rest } = JSON.parse(await stack.cli("stack", "export", "--show-secrets"));
    for (const { type, inputs, outputs } of deployment.resources) {
      if (!type.startsWith("docker:")) continue;
      // What its bridge keeps besides: the version of the schema, values that the engine gave, lists in another order.
      outputs.__meta = '{"schema_version":"2"}';
      if (!type.endsWith(":Container")) continue;
      inputs.envs.reverse();
      inputs.envs = [...inputs.envs];
      outputs.image = `sha256:${"1".repeat(64)}`;
      Object.assign(outputs, { memory: 32, cpuShares: 0, exitCode: null, workingDir: "/tmp", dns: [], gpus: "" });
      inputs.somethingNewer = false;
      inputs.__defaults.push("somethingNewer");
    }
    const file = `${stack.folder}/state.json`;
    await writeFile(file, JSON.stringify({ ...rest, deployment }));
    await stack.cli("stack", "import", "--file", file);
    expect(await stack.preview("--expect-no-changes")).toMatchObject({ ok: true, steps: [] });
    expect(await stack.refresh()).toMatchObject({ ok: true, messages: "" });
    expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true, steps: [] });
  });
});

describe("names", () => {
  let stack: ProviderStack;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create(
      'new docker.Volume("data", {}); new docker.Network("net", { name: "given" + process.pid });',
    );
  });
  afterAll(() => stack?.remove());

  it("follow the stack's configuration", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the engine that fills it in.
    await stack.config("pulumi:autonaming.pattern", "pre-${name}-${hex(4)}", "--path");
    expect(await stack.up()).toMatchObject({ ok: true });
    expect((await stack.state()).data?.id).toMatch(/^pre-data-[0-9a-f]{4}$/);
  });

  it("must be given where the configuration forbids to make them", async () => {
    await stack.program('new docker.Volume("other", {});');
    await stack.cli("config", "rm", "pulumi:autonaming.pattern", "--path");
    await stack.config("pulumi:autonaming.mode", "disabled", "--path");
    const outcome = await stack.preview();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toContain(
      "docker:index/volume:Volume resource 'other' has a problem: name must be given, because pulumi:autonaming is disabled for this resource",
    );
  });

  it("of the program's own cannot stand twice: the old resource goes first", async () => {
    await stack.cli("config", "rm", "pulumi:autonaming");
    const name = `given-${process.pid}`;
    await stack.program(`new docker.Network("net", { name: "${name}" });`);
    expect(await stack.up()).toMatchObject({ ok: true });
    await stack.program(`new docker.Network("net", { name: "${name}", internal: true });`);
    expect(await stack.up()).toMatchObject({ ok: true });
    expect(await docker("network", "inspect", "--format", "{{.Internal}}", name)).toBe("true");
  });
});
