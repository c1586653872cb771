import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { download, showsFlaskUploadDemo, uploaded } from "../apps/flaskUploadDemo.ts";
import { eventually } from "../support/eventually.ts";
import { compileTime, GcpApp } from "../support/gcpApp.ts";

// The variant whose image mounts the bucket itself: gcsfuse with Google's own defaults, in a container with /dev/fuse.
describe("flask-upload-demo that mounts its bucket itself, on a VM", () => {
  let app: GcpApp;
  let http: string;
  let bucket: string;
  const bytes = randomBytes(300_000);

  beforeAll(async () => {
    app = await GcpApp.prepare("flask-upload-demo", {
      app: "gcsfuse",
      // The variable that the compose file asks for names a bucket that the target makes.
      environment: { GCS_BUCKET: "$" + "{bucket.uploads}" },
    });
    bucket = `${app.project}-storage`;
  });
  afterAll(() => app?.remove());

  it(
    "comes up on a bucket made for it",
    async () => {
      await app.up();
      http = await app.http();
      expect((await app.stack.outputs()).buckets).toEqual({ uploads: bucket });
      await showsFlaskUploadDemo({ http });
    },
    compileTime,
  );

  it("has its uploads in the bucket, and again on another VM", async () => {
    const path = await uploaded(http, "zestful-logo.png", bytes);
    expect((await app.cloud("objects", bucket)).split("\n")).toContain(
      `gs://${bucket}/zestful-logo.png\t${bytes.length}`,
    );
    await app.cloud("kill");
    await app.up("--refresh");
    expect((await download(http, path)).body.equals(bytes)).toBe(true);
  });

  it("runs alone, with no more rights than mounting takes, which nobody in it keeps", async () => {
    expect(await app.inside("docker ps --all --format '{{.Label \"retrofit.service\"}}'")).toBe("web");
    const [container] = JSON.parse(await app.inside("docker inspect $(docker ps --quiet)"));
    expect(container.HostConfig).toMatchObject({
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      CapAdd: ["SYS_ADMIN", "SETUID", "SETGID"],
      Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
    });
    // The health check, which the engine starts beside them every other second, begins with the container's rights.
    await eventually(async () => {
      const rights = await app.inside(
        `docker top ${container.Id} -eo pid | tail -n +2 | while read -r pid; do grep -h '^CapEff\\|^Uid' /proc/$pid/status; done`,
      );
      expect(rights).toContain("CapEff:\t0000000000000000");
      expect(rights.split("\n").filter((line) => /CapEff:\s*0*[1-9a-f]|Uid:.*\s0(\s|$)/.test(line))).toEqual([]);
    });
  });

  it("has nothing to do when nothing has changed", async () => {
    expect((await app.up()).steps).toEqual([]);
  });
});
