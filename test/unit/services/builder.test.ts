import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builderRecord, builderText, buildkitConfig, writeBuilder } from "../../../tools/services/builder.mjs";
import { isLocal, registryAddress, registryConfig } from "../../../tools/steps/registry.mjs";

describe("builder", () => {
  it.each([
    ["HOME", ".docker/buildx/instances/retrofit"],
    ["DOCKER_CONFIG", "buildx/instances/retrofit"],
    ["BUILDX_CONFIG", "instances/retrofit"],
  ])("is kept where buildx looks by %s", async (variable, path) => {
    const folder = await mkdtemp(join(tmpdir(), "builder-"));
    try {
      const env = { HOME: "/nonexistent", [variable]: folder };
      expect(await builderRecord(env)).toBeUndefined();
      await writeBuilder(env, "unix:///run/buildkitd.sock");
      expect(await builderRecord(env)).toBe(await readFile(join(folder, path), "utf8"));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is of buildx's remote driver", () => {
    expect(JSON.parse(builderText("docker-container://retrofit-buildkit"))).toMatchObject({
      Name: "retrofit",
      Driver: "remote",
      Nodes: [{ Name: "retrofit0", Endpoint: "docker-container://retrofit-buildkit" }],
    });
  });
});

describe("buildkitConfig", () => {
  it("has its store and its socket where it is no container", () => {
    const config = buildkitConfig("127.0.0.1:5050", { root: "/cache/buildkit", address: "unix:///cache/b.sock" });
    expect(config.split("\n").slice(0, 3)).toEqual([
      'root = "/cache/buildkit"',
      "[grpc]",
      'address = ["unix:///cache/b.sock"]',
    ]);
  });

  it("asks the local registry first, by plain HTTP", () => {
    const config = buildkitConfig("127.0.0.1:5051");
    expect(config).toMatch(/^\[worker\.containerd\]/);
    expect(config).toContain('[registry."docker.io"]\nmirrors = ["127.0.0.1:5051"]\n');
    expect(config).toContain('[registry."ghcr.io"]\nmirrors = ["127.0.0.1:5051"]\n');
    expect(config).toContain('[registry."127.0.0.1:5051"]\nhttp = true\ninsecure = true\n');
  });
});

describe("registry", () => {
  it("is where RETROFIT_REGISTRY says", () => {
    expect(registryAddress({})).toBe("127.0.0.1:5050");
    expect(registryAddress({ RETROFIT_REGISTRY: "127.0.0.1:5051" })).toBe("127.0.0.1:5051");
  });

  it.each([
    ["127.0.0.1:5050", true],
    ["localhost:5050", true],
    ["[::1]:5050", true],
    ["registry.example.com:5000", false],
    ["127.0.0.1.example.com:5000", false],
    ["gcr.io", false],
  ])("%s on this machine: %s", (address, expected) => {
    expect(isLocal(address)).toBe(expected);
  });

  it("is configured so that images can be deleted", () => {
    const config = registryConfig("127.0.0.1:5050", "/cache/with space/registry");
    expect(config).toContain(
      '  filesystem: { rootdirectory: "/cache/with space/registry" }\n  delete: { enabled: true }',
    );
    expect(config).toContain('http: { addr: "127.0.0.1:5050" }');
  });
});
