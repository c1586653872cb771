import type { ContainerInspectInfo } from "dockerode";
import { describe, expect, it } from "vitest";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { importedInputs } from "../../../embedded/docker/containerImport.ts";
import { containerDrift, containerOutputs } from "../../../embedded/docker/containerState.ts";

function inspected(changes: { host?: object; state?: object; networks?: object; ports?: object; name?: string } = {}) {
  return {
    Id: "0123456789abcdef",
    Name: changes.name ?? "/c",
    Image: "sha256:1",
    Config: { Hostname: "0123456789ab", Cmd: ["run"], Entrypoint: null, StopSignal: "SIGTERM" },
    State: { Running: true, ExitCode: 0, ...changes.state },
    HostConfig: {
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      Memory: 0,
      MemorySwap: 0,
      NanoCpus: 0,
      ShmSize: 67108864,
      IpcMode: "private",
      Runtime: "runc",
      LogConfig: { Type: "json-file", Config: {} },
      ...changes.host,
    },
    NetworkSettings: { Bridge: "", Ports: changes.ports ?? {}, Networks: changes.networks ?? {} },
  } as unknown as ContainerInspectInfo;
}

describe("a container's outputs", () => {
  it("are the engine's choices where the program said nothing", () => {
    expect(containerOutputs(inspected(), { command: ["mine"], stopSignal: "SIGQUIT" })).toEqual({
      entrypoints: [],
      hostname: "0123456789ab",
      init: false,
      ipcMode: "private",
      logDriver: "json-file",
      runtime: "runc",
      securityOpts: [],
      shmSize: 64,
      stopTimeout: 0,
      bridge: "",
      networkDatas: [],
    });
  });

  it("tell the exit code once it does not run", () => {
    expect(containerOutputs(inspected({ state: { Running: false, ExitCode: 3 } }), {}).exitCode).toBe(3);
  });

  it("tell the port that the engine chose, and leave a given one", () => {
    const ports = {
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "1" },
        { HostIp: "127.0.0.1", HostPort: "2" },
      ],
    };
    const asked: PlainMap[] = [
      { internal: 80, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 80, external: 9, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 81, protocol: "udp" },
    ];
    expect(containerOutputs(inspected({ ports }), { ports: asked }).ports).toEqual([
      { internal: 80, external: 2, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 80, external: 9, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 81, protocol: "udp" },
    ]);
  });

  it("tell the networks by name", () => {
    const endpoint = {
      IPAddress: "10.0.0.2",
      IPPrefixLen: 24,
      Gateway: "10.0.0.1",
      MacAddress: "02:42",
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      IPv6Gateway: "",
    };
    const { networkDatas } = containerOutputs(inspected({ networks: { b: endpoint, a: endpoint } }), {});
    expect((networkDatas as PlainMap[]).map(({ networkName }) => networkName)).toEqual(["a", "b"]);
    expect(networkDatas).toMatchObject([
      { ipAddress: "10.0.0.2", ipPrefixLength: 24, gateway: "10.0.0.1", macAddress: "02:42" },
      {},
    ]);
  });
});

describe("what changed behind the program's back", () => {
  const mebibyte = 1024 * 1024;
  it.each([
    ["nothing", {}, {}, {}],
    ["the name", { name: "c" }, { name: "/d" }, { name: "d" }],
    ["the restart policy", { restart: "no" }, { host: { RestartPolicy: { Name: "always" } } }, { restart: "always" }],
    ["an empty restart policy is none", { restart: "no" }, { host: { RestartPolicy: { Name: "" } } }, {}],
    ["memory", { memory: 64 }, { host: { Memory: 32 * mebibyte } }, { memory: 32 }],
    ["memory that nobody asked for", {}, { host: { Memory: 32 * mebibyte } }, { memory: 32 }],
    ["memory that was taken away", { memory: 64 }, {}, { memory: null }],
    ["swap that the engine does not count", { memorySwap: 64 }, { host: { MemorySwap: -1 } }, {}],
    ["swap that the engine chose", {}, { host: { MemorySwap: 64 * mebibyte } }, {}],
    ["another swap", { memorySwap: 64 }, { host: { MemorySwap: 96 * mebibyte } }, { memorySwap: 96 }],
    ["CPUs", { cpus: "1.5" }, { host: { NanoCpus: 5e8 } }, { cpus: "0.5" }],
    ["the same CPUs in other words", { cpus: "1.50" }, { host: { NanoCpus: 15e8 } }, {}],
    [
      "CPU shares, set and quota",
      { cpuShares: 2 },
      { host: { CpuShares: 3, CpusetCpus: "0", CpuQuota: 9 } },
      { cpuShares: 3, cpuSet: "0", cpuQuota: 9 },
    ],
    ["that it ended and must run", { mustRun: true }, { state: { Running: false } }, { mustRun: false }],
    ["that it ended and may", { mustRun: false }, { state: { Running: false } }, {}],
    ["that it was never to start", { mustRun: true, start: false }, { state: { Running: false } }, {}],
    [
      "a network that it left",
      { networksAdvanced: [{ name: "a" }, { name: "b" }] },
      { networks: { a: {}, x: {} } },
      { networksAdvanced: [{ name: "a" }] },
    ],
    [
      "a network by its id",
      { networksAdvanced: [{ name: "id-of-a" }] },
      { networks: { a: { NetworkID: "id-of-a" } } },
      {},
    ],
  ] as [string, PlainMap, Parameters<typeof inspected>[0], PlainMap][])("%s", (_name, inputs, changes, expected) => {
    expect(containerDrift({ name: "c", ...inputs }, inspected(changes))).toEqual({
      ...(changes?.name && inputs.name === undefined ? { name: changes.name.slice(1) } : {}),
      ...expected,
    });
  });
});

describe("taking over a container", () => {
  it("names capabilities as compose files do, whatever the engine makes of them", () => {
    const info = { Name: "/c", Id: "1", Config: {}, State: {}, NetworkSettings: { Networks: {} }, Mounts: [] };
    const HostConfig = { CapAdd: ["CAP_CHOWN", "KILL"], CapDrop: ["ALL"] };
    expect(importedInputs({ ...info, HostConfig } as unknown as ContainerInspectInfo, undefined)).toMatchObject({
      capabilities: { adds: ["CHOWN", "KILL"], drops: ["ALL"] },
    });
  });
});
