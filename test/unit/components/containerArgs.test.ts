import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ContainerContext, containerArgs, goDuration } from "../../../components/docker/containerArgs.ts";
import { secretsOf, service } from "../../support/app.ts";

const context: ContainerContext = {
  imageId: "sha256:1",
  networks: { default: "shop-default-1" },
  volumes: { uploads: "shop-uploads-1", static: "shop-static-1" },
  readOnlyVolumes: new Set(["static"]),
  fileVolumes: {},
  labels: { "retrofit.service": "web" },
  bind: "127.0.0.1",
  secrets: secretsOf({ DBPASS: "s3cret" }),
};

/** What is said, without what is left to the provider. */
function said(args: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(args));
}

describe("containerArgs", () => {
  it("says no more than it must for a plain service", () => {
    expect(said(containerArgs(service("web"), context))).toEqual({
      image: "sha256:1",
      envs: [],
      networkMode: "bridge",
      networksAdvanced: [{ name: "shop-default-1", aliases: ["web"] }],
      restart: "no",
      mustRun: false,
      readOnly: false,
      privileged: false,
      init: false,
      tty: false,
      stdinOpen: false,
      sysctls: {},
      destroyGraceSeconds: 10,
      labels: [{ label: "retrofit.service", value: "web" }],
    });
  });

  it("binds a port to loopback unless the compose file names an address", () => {
    const { ports } = containerArgs(
      service("web", {
        ports: [
          { target: 80, published: 8080, protocol: "tcp" },
          { target: 53, published: 53, protocol: "udp", hostIp: "10.0.0.1" },
        ],
      }),
      context,
    );
    expect(ports).toEqual([
      { internal: 80, external: 8080, protocol: "tcp", ip: "127.0.0.1" },
      { internal: 53, external: 53, protocol: "udp", ip: "10.0.0.1" },
    ]);
  });

  it("mounts volumes, binds and tmpfs, and lets nobody but its supplier write to an image's content", () => {
    const args = containerArgs(
      service("web", {
        mounts: [
          { kind: "volume", volume: "uploads", target: "/uploads", readOnly: false, noCopy: true },
          { kind: "volume", volume: "static", target: "/static", readOnly: false, noCopy: false },
          { kind: "bind", source: "/etc/hosts", target: "/hosts", readOnly: true, createHostPath: false },
          { kind: "bind", source: "/srv/logs", target: "/logs", readOnly: false, createHostPath: true },
          { kind: "tmpfs", target: "/tmp", size: 1024, mode: 0o1777 },
        ],
      }),
      context,
    );
    expect(said({ mounts: args.mounts, volumes: args.volumes })).toEqual({
      mounts: [
        {
          type: "volume",
          source: "shop-uploads-1",
          target: "/uploads",
          readOnly: false,
          volumeOptions: { noCopy: true },
        },
        { type: "volume", source: "shop-static-1", target: "/static", readOnly: true },
        { type: "bind", source: "/etc/hosts", target: "/hosts", readOnly: true },
        { type: "tmpfs", target: "/tmp", tmpfsOptions: { sizeBytes: 1024, mode: 0o1777 } },
      ],
      volumes: [{ hostPath: "/srv/logs", containerPath: "/logs", readOnly: false }],
    });
  });

  it("keeps a whole value secret that has a secret in it", async () => {
    const { envs } = containerArgs(
      service("web", {
        environment: { DATABASE_URL: { secret: ["postgresql://app:", { name: "DBPASS" }, "@db/x"] }, A: "1" },
      }),
      context,
    );
    const [plain, url] = envs as [string, pulumi.Output<string>];
    expect(plain).toBe("A=1");
    expect(await pulumi.isSecret(url)).toBe(true);
    expect(await new Promise((resolve) => url.apply(resolve))).toBe("DATABASE_URL=postgresql://app:s3cret@db/x");
  });

  it("gives memory in MiB, rounded up, and its swap with it", () => {
    const args = containerArgs(
      service("web", {
        resources: { memory: 100_000_000, memoryReservation: 1, cpus: 0.5 },
        shmSize: 64 * 1024 * 1024,
      }),
      context,
    );
    expect(args).toMatchObject({ memory: 96, memorySwap: 192, memoryReservation: 1, cpus: "0.5", shmSize: 64 });
  });

  it("runs a job once, whatever its restart rule", () => {
    expect(containerArgs(service("migrate", { job: true, restart: { policy: "always" } }), context).restart).toBe("no");
  });
});

describe("goDuration", () => {
  it.each([
    [0, "0s"],
    [0.25, "250ms"],
    [1.5, "1.5s"],
    [30, "30s"],
    [60, "1m0s"],
    [90, "1m30s"],
    [3600, "1h0m0s"],
  ])("writes %d as Go does", (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });

  it("loses nothing of whole seconds", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seconds) => {
        const [, hours = "0", minutes = "0", rest] = /^(?:(\d+)h)?(?:(\d+)m)?(\d+)s$/.exec(goDuration(seconds)) ?? [];
        expect(Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)).toBe(seconds);
      }),
    );
  });
});
