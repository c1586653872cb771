import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { docker } from "../support/stack.ts";
import { freeSubnet } from "../support/subnet.ts";

const image = "retrofit-test/tiny:1";
const own = `imported-${process.pid}`;

describe("taking over what Docker's command line made", () => {
  let stack: ProviderStack;
  let container: string;
  let subnet: string;
  beforeAll(async () => {
    await tinyImage();
    subnet = await freeSubnet();
    await docker("network", "create", "--label", "a=b", "--subnet", `${subnet}.0/24`, own);
    await docker("volume", "create", "--label", "a=b", own);
    container = await docker(
      ...["run", "--detach", "--name", own, "--network", own, "--network-alias", "www", "--ip", `${subnet}.9`],
      ...["--mount", `type=volume,source=${own},target=/data`, "--volume", "/etc/hostname:/host:ro"],
      ...["--tmpfs", "/scratch:size=1m", "--publish", "127.0.0.1::80", "--env", "A=1", "--label", "c=d"],
      ...["--memory", "32m", "--cpus", "0.5", "--restart", "unless-stopped", "--cap-drop", "ALL", "--cap-add", "CHOWN"],
      ...["--ulimit", "nofile=512:1024", "--add-host", "a:10.1.1.1", "--user", "1000", "--read-only", "--init"],
      ...["--health-cmd", "true", "--health-interval", "90s", "--stop-timeout", "3", "--log-opt", "max-size=1m"],
      ...[image, "sleep", "7200"],
    );
    stack = await ProviderStack.create("");
  });
  afterAll(async () => {
    await stack?.remove();
    for (const kind of ["container", "network", "volume"]) {
      await expect(docker(kind, "inspect", own), kind).rejects.toThrow(/[Nn]o such|not found/);
    }
  });

  const imported = async (type: string, name: string, id: string) => {
    await stack.cli("import", `docker:index/${type}`, name, id, "--yes", "--protect=false", "--generate-code=false");
    return (await stack.state())[name];
  };

  it("a network", async () => {
    const id = await docker("network", "inspect", "--format", "{{.Id}}", own);
    expect(await imported("network:Network", "net", id)).toMatchObject({
      id,
      inputs: {
        name: own,
        driver: "bridge",
        ipamConfigs: [{ subnet: `${subnet}.0/24` }],
        labels: [{ label: "a", value: "b" }],
      },
    });
  });

  it("a volume", async () => {
    expect(await imported("volume:Volume", "data", own)).toMatchObject({
      id: own,
      inputs: { name: own, driver: "local", labels: [{ label: "a", value: "b" }] },
    });
  });

  it("an image", async () => {
    const id = await docker("images", "--no-trunc", "--quiet", image);
    expect(await imported("remoteImage:RemoteImage", "image", `${id}${image}`)).toMatchObject({
      inputs: { name: image },
    });
  });

  it("a container, with what was asked for and nothing that its image or the engine chose", async () => {
    const web = await imported("container:Container", "web", container);
    const { __defaults, ...inputs } = web?.inputs ?? {};
    expect(__defaults).toBeInstanceOf(Array);
    const external = Number((await docker("port", container, "80/tcp")).split(":").at(-1));
    expect(web?.outputs).toMatchObject({ ports: [{ external }] });
    expect(withoutDefaults(inputs)).toEqual({
      name: own,
      image,
      command: ["sleep", "7200"],
      envs: ["A=1"],
      labels: [{ label: "c", value: "d" }],
      user: "1000",
      networkMode: own,
      networksAdvanced: [{ name: own, aliases: ["www"], ipv4Address: `${subnet}.9` }],
      ports: [{ internal: 80, ip: "127.0.0.1", protocol: "tcp" }],
      mounts: [{ type: "volume", source: own, target: "/data" }],
      volumes: [{ hostPath: "/etc/hostname", containerPath: "/host", readOnly: true }],
      tmpfs: { "/scratch": "size=1m" },
      memory: 32,
      cpus: "0.5",
      restart: "unless-stopped",
      capabilities: { adds: ["CHOWN"], drops: ["ALL"] },
      ulimits: [{ name: "nofile", soft: 512, hard: 1024 }],
      hosts: [{ host: "a", ip: "10.1.1.1" }],
      readOnly: true,
      init: true,
      healthcheck: {
        tests: ["CMD-SHELL", "true"],
        interval: "1m30s",
        timeout: "0s",
        startPeriod: "0s",
        startInterval: "0s",
        retries: 0,
      },
      stopTimeout: 3,
      logOpts: { "max-size": "1m" },
    });
  });

  it("shows no change on a refresh", async () => {
    expect(await stack.refresh("--expect-no-changes")).toMatchObject({ ok: true, messages: "" });
  });

  it("shows no change to a program that says the same, and the container can be made anew from it", async () => {
    const state = await stack.state();
    const args = (name: string) => JSON.stringify(withoutDefaults(state[name]?.inputs as Record<string, unknown>));
    const program = (web: string) => `
      new docker.Network("net", ${args("net")});
      new docker.Volume("data", ${args("data")});
      new docker.RemoteImage("image", { name: "${image}", keepLocally: true });
      new docker.Container("web", ${web}, { dependsOn: [] });`;
    await stack.program(program(args("web")));
    expect((await stack.preview()).steps).toEqual(["update image: keepLocally"]);
    await stack.program(program(args("web").replace("7200", "7201")));
    expect((await stack.up()).messages).toBe("");
    expect(await docker("inspect", "--format", "{{.Path}} {{.Args}} {{.HostConfig.NetworkMode}}", own)).toBe(
      `sleep [7201] ${own}`,
    );
    expect(await stack.up("--expect-no-changes")).toMatchObject({ ok: true });
  });

  it("refuses what is not there", async () => {
    const importing = stack.cli(
      "import",
      "docker:index/volume:Volume",
      "none",
      "nowhere",
      "--yes",
      "--generate-code=false",
    );
    await expect(importing).rejects.toMatchObject({
      stdout: expect.stringContaining("resource 'nowhere' does not exist"),
    });
  });
});

function withoutDefaults(inputs: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(inputs, (key, value) => (key === "__defaults" ? undefined : value)));
}
