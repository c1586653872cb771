import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

const image = "retrofit-test/tiny:1";
// Names that no other test or user of the engine has.
const [web, net, data] = [`web${process.pid}`, `net${process.pid}`, `data${process.pid}`] as const;
const container = (inputs: string) => `new docker.Container("${web}", { image: "${image}", ${inputs} });`;

describe("deleting", () => {
  let stack: ProviderStack;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create(`new docker.Network("${net}", {}); new docker.Volume("${data}", {});`);
    await stack.up();
  });
  afterAll(() => stack?.remove());

  it("waits until what uses a network or a volume is gone", async () => {
    const state = await stack.state();
    const user = await docker(
      ...["run", "--detach", "--network", state[net]?.id as string, "--volume", `${state[data]?.id}:/data`, image],
    );
    const destroying = stack.destroy();
    const underWay = async () => JSON.parse(await stack.cli("stack", "export")).deployment.pending_operations;
    await eventually(async () => expect(await underWay()).toHaveLength(2));
    await docker("rm", "--force", user);
    expect(await destroying).toMatchObject({ ok: true });
    await expect(docker("volume", "inspect", state[data]?.id as string)).rejects.toThrow(/[Nn]o such volume/);
  });

  it("does not mind what is gone already", async () => {
    await stack.program(`new docker.Network("${net}", {}); new docker.Volume("${data}", {}); ${container("")}`);
    await stack.up();
    const state = await stack.state();
    await docker("rm", "--force", state[web]?.id as string);
    await docker("network", "rm", state[net]?.id as string);
    await docker("volume", "rm", state[data]?.id as string);
    expect(await stack.destroy()).toMatchObject({ ok: true, messages: "" });
  });

  it("gives a container its time to end, and takes its anonymous volumes along", async () => {
    const script = "trap 'echo bye > /shared/said; exit 0' TERM; while true; do sleep 0.1; done";
    await stack.program(`
      const shared = new docker.Volume("${data}", {});
      ${container(`command: ["sh", "-c", ${JSON.stringify(script)}], destroyGraceSeconds: 60,
        volumes: [{ containerPath: "/anonymous" }, { volumeName: shared.name, containerPath: "/shared" }]`)}`);
    await stack.up();
    const state = await stack.state();
    const mounts = JSON.parse(await docker("inspect", "--format", "{{json .Mounts}}", state[web]?.id as string)) as {
      Name: string;
      Destination: string;
    }[];
    const anonymous = mounts.find(({ Destination }) => Destination === "/anonymous")?.Name as string;
    await stack.program(`new docker.Volume("${data}", {});`);
    expect(await stack.up()).toMatchObject({ ok: true });
    expect(await docker("run", "--rm", "--volume", `${state[data]?.id}:/shared`, image, "cat", "/shared/said")).toBe(
      "bye",
    );
    await expect(docker("volume", "inspect", anonymous)).rejects.toThrow(/[Nn]o such volume/);
  });

  it("leaves an image that somebody else uses, and says so", async () => {
    const tag = `retrofit-test/used:${process.pid}`;
    await docker("tag", image, tag);
    await stack.program(`new docker.RemoteImage("image", { name: "${tag}" });`);
    await stack.up();
    const maker = await docker("create", tag);
    const changed = await docker("commit", maker, tag);
    await docker("rm", maker);
    const user = await docker("create", tag);
    try {
      expect(changed).toMatch(/^sha256:/);
      const outcome = await stack.destroy();
      expect(outcome.ok).toBe(true);
      expect(outcome.messages).toContain(`the image ${tag} stays on the engine`);
    } finally {
      await docker("rm", user);
      await docker("rmi", tag);
    }
  });
});
