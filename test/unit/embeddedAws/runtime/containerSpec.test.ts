import { describe, expect, it } from "vitest";
import { type ContainerSpec, containerOptions } from "../../../../embedded/aws/runtime/tasks/containerSpec.ts";
import { container, definition } from "./world.ts";

function spec(changes: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: "retrofit-aws-x-web",
    labels: { "retrofit.embedded.aws": "x" },
    definition: container("web"),
    task: definition("web", []),
    launchType: "FARGATE",
    image: { id: "sha256:abc", volumes: ["/var/lib/data"] },
    environment: { AWS_REGION: "us-east-1" },
    secrets: {},
    volumes: new Map(),
    volumesFrom: [],
    network: { kind: "task", holder: "retrofit-aws-x-_network" },
    cpus: 2,
    neverHealthy: false,
    ...changes,
  };
}

const made = (changes: Partial<ContainerSpec>) => containerOptions(spec(changes));

describe("a container of a task", () => {
  it("shares the task's network, and never uses the image's own health check", () => {
    const options = made({});
    expect(options.HostConfig?.NetworkMode).toBe("container:retrofit-aws-x-_network");
    expect(options.Healthcheck).toEqual({ Test: ["NONE"] });
    expect(options).not.toHaveProperty("ExposedPorts");
    expect(options).not.toHaveProperty("Cmd");
  });

  it("has secrets in its environment and nowhere else", () => {
    const options = made({
      definition: container("web", { environment: [{ name: "MODE", value: "a" }], dockerLabels: { team: "x" } }),
      secrets: { PASSWORD: "hunter2" },
    });
    expect(options.Env).toEqual(["AWS_REGION=us-east-1", "MODE=a", "PASSWORD=hunter2"]);
    expect(JSON.stringify({ ...options, Env: [] })).not.toContain("hunter2");
    expect(options.Labels).toEqual({ team: "x", "retrofit.embedded.aws": "x" });
  });

  it("takes entry point, command, user, folder, root file system and stop as the definition has them", () => {
    const options = made({
      definition: container("web", {
        entryPoint: ["/bin/sh", "-c"],
        command: ["exec app"],
        user: "1000:1000",
        workingDirectory: "/srv",
        readonlyRootFilesystem: true,
        pseudoTerminal: true,
        interactive: true,
      }),
    });
    expect(options).toMatchObject({
      Entrypoint: ["/bin/sh", "-c"],
      Cmd: ["exec app"],
      User: "1000:1000",
      WorkingDir: "/srv",
      Tty: true,
      OpenStdin: true,
      HostConfig: { ReadonlyRootfs: true },
    });
  });

  it("states the health check in nanoseconds", () => {
    const healthCheck = { command: ["CMD-SHELL", "true"], interval: 5, timeout: 2, retries: 3, startPeriod: 1 };
    const check = { Test: ["CMD-SHELL", "true"], Interval: 5e9, Timeout: 2e9, Retries: 3, StartPeriod: 1e9 };
    expect(made({ definition: container("web", { healthCheck }) }).Healthcheck).toEqual(check);
    const failing = made({ definition: container("web", { healthCheck }), neverHealthy: true }).Healthcheck;
    expect(failing).toEqual({ ...check, Test: ["CMD", "/nothing-that-could-be-healthy"] });
  });

  it.each([
    [
      "those of the task",
      {},
      { cpu: "512", memory: "1024" },
      { NanoCpus: 5e8, Memory: 1024 * 2 ** 20, MemorySwap: 1024 * 2 ** 20, CpuShares: 2 },
    ],
    [
      "its own within them",
      { cpu: 128, memory: 64, memoryReservation: 32 },
      { cpu: "4096", memory: "8192" },
      { NanoCpus: 2e9, Memory: 64 * 2 ** 20, MemoryReservation: 32 * 2 ** 20, CpuShares: 128 },
    ],
  ] as const)("is limited by %s", (_, own, task, expected) => {
    expect(made({ definition: container("web", own), task: definition("web", [], task) }).HostConfig).toMatchObject(
      expected,
    );
  });

  it("fills a volume as the launch type does: on Fargate only where the image declares one", () => {
    const mountPoints = ["/var/lib/data/", "/other"].map((containerPath) => ({
      sourceVolume: "v",
      containerPath,
      readOnly: false,
    }));
    const volumes = new Map([["v", { kind: "volume" as const, name: "docker-v", copy: true }]]);
    const copies = (launchType: "EC2" | "FARGATE") =>
      made({ definition: container("web", { mountPoints }), volumes, launchType }).HostConfig?.Mounts?.map(
        ({ VolumeOptions }) => !VolumeOptions?.NoCopy,
      );
    expect(copies("FARGATE")).toEqual([true, false]);
    expect(copies("EC2")).toEqual([true, true]);
  });

  it("binds folders of file systems, read-only where either says so", () => {
    const point = { sourceVolume: "files", containerPath: "/files", readOnly: false };
    const at = (readOnly: boolean) =>
      made({
        definition: container("web", { mountPoints: [point] }),
        volumes: new Map([["files", { kind: "folder", path: "/var/lib/x", readOnly }]]),
      }).HostConfig?.Mounts;
    expect(at(false)).toEqual([{ Type: "bind", Source: "/var/lib/x", Target: "/files", ReadOnly: false }]);
    expect(at(true)).toMatchObject([{ ReadOnly: true }]);
  });

  it("has links and host ports in bridge mode", () => {
    const options = made({
      launchType: "EC2",
      definition: container("web", {
        hostname: "front",
        portMappings: [
          { containerPort: 80, hostPort: 8080, protocol: "tcp" },
          { containerPort: 81, hostPort: 0, protocol: "udp" },
        ],
        extraHosts: [{ hostname: "h", ipAddress: "10.0.0.9" }],
      }),
      network: { kind: "bridge", network: "net", links: ["x-db:db"], address: "127.41.0.1" },
    });
    expect(options).toMatchObject({
      Hostname: "front",
      ExposedPorts: { "80/tcp": {}, "81/udp": {} },
      NetworkingConfig: { EndpointsConfig: { net: { Links: ["x-db:db"] } } },
      HostConfig: {
        NetworkMode: "net",
        ExtraHosts: ["h:10.0.0.9"],
        PortBindings: {
          "80/tcp": [{ HostIp: "127.41.0.1", HostPort: "8080" }],
          "81/udp": [{ HostIp: "127.41.0.1", HostPort: "" }],
        },
      },
    });
  });

  it("has the kernel's settings as Linux parameters, ulimits and system controls say", () => {
    const options = made({
      definition: container("web", {
        linuxParameters: {
          capabilities: { add: ["SYS_PTRACE"], drop: ["ALL"] },
          devices: [{ hostPath: "/dev/fuse", permissions: ["read", "write", "mknod"] }],
          initProcessEnabled: true,
          sharedMemorySize: 128,
          tmpfs: [{ containerPath: "/run", size: 16, mountOptions: ["mode=755"] }],
        },
        ulimits: [{ name: "nofile", softLimit: 1024, hardLimit: 4096 }],
        systemControls: [
          { namespace: "net.core.somaxconn", value: "1024" },
          { namespace: "fs.mqueue.msg_max", value: "20" },
        ],
      }),
    });
    expect(options.HostConfig).toMatchObject({
      CapAdd: ["SYS_PTRACE"],
      CapDrop: ["ALL"],
      Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
      Init: true,
      ShmSize: 128 * 2 ** 20,
      Tmpfs: { "/run": "size=16m,mode=755" },
      Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 4096 }],
    });
    // Those of the network belong to the container that holds it.
    expect(options.HostConfig?.Sysctls).toEqual({ "fs.mqueue.msg_max": "20" });
  });
});
