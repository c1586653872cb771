import { describe, expect, it } from "vitest";
import { addressIn, contains, overlap, parseCidr } from "../../../embedded/core/cidr.ts";
import { maySee } from "../../../embedded/core/dockerHub.ts";
import { diskFile } from "../../../embedded/gcp/compute/disk.ts";
import { imageOf } from "../../../embedded/gcp/compute/image.ts";
import { bridgeOf, freeExternal, freeTransport } from "../../../embedded/gcp/compute/network.ts";
import { idOf, projectNumber, regionOf } from "../../../embedded/gcp/names.ts";
import { imageName, isRegistry, registryPath } from "../../../embedded/gcp/registry/name.ts";

describe("references", () => {
  const place = "projects/p/zones/z/disks";
  it.each([
    ["https://www.googleapis.com/compute/v1/projects/q/zones/z/disks/d", "projects/q/zones/z/disks/d"],
    ["projects/q/zones/z/disks/d", "projects/q/zones/z/disks/d"],
    ["zones/y/disks/d", "projects/p/zones/y/disks/d"],
    ["d", "projects/p/zones/z/disks/d"],
  ])("%s", (reference, id) => expect(idOf(reference, place)).toBe(id));

  it("a project has one number of twelve digits", () => {
    expect(projectNumber("a")).toBe(projectNumber("a"));
    expect(projectNumber("a")).not.toBe(projectNumber("b"));
    for (const project of ["a", "b", "retrofit-dev"]) expect(projectNumber(project)).toMatch(/^\d{12}$/);
  });

  it("a zone lies in its region", () => expect(regionOf("us-east1-b")).toBe("us-east1"));
  it("a disk's file has its whole name", () => expect(diskFile("projects/p/zones/z/disks/d")).toBe("p_z_d.raw"));
});

describe("ranges", () => {
  it.each(["10.0.0.1/24", "10.0.0.0/33", "10.0.0/24", "300.0.0.0/8", "::/0", ""])("%s is none", (text) => {
    expect(() => parseCidr(text)).toThrow("is not an IPv4 range");
  });
  it("hold addresses", () => {
    const range = parseCidr("10.20.0.0/20");
    expect(contains(range, "10.20.15.255")).toBe(true);
    expect(contains(range, "10.20.16.0")).toBe(false);
    expect(contains(parseCidr("0.0.0.0/0"), "203.0.113.1")).toBe(true);
    expect(addressIn(range, 258)).toBe("10.20.1.2");
    expect(overlap(range, parseCidr("10.20.8.0/24"))).toBe(true);
    expect(overlap(range, parseCidr("10.20.16.0/24"))).toBe(false);
  });
  it("have addresses for machines and for the world, apart", () => {
    const bridge = bridgeOf("c", 7);
    expect(freeTransport(bridge, new Set(["10.250.7.2"]))).toBe("10.250.7.3");
    expect(freeExternal(bridge, new Set())).toBe("10.250.7.128");
    const all = new Set(Array.from({ length: 256 }, (_, n) => `10.250.7.${n}`));
    expect([freeTransport(bridge, all), freeExternal(bridge, all)]).toEqual([undefined, undefined]);
  });
});

describe("images of machines", () => {
  it.each([
    ["cos-cloud/cos-stable", "cos-stable"],
    ["projects/cos-cloud/global/images/family/cos-stable", "cos-stable"],
    ["https://www.googleapis.com/compute/v1/projects/cos-cloud/global/images/family/cos-121-lts", "cos-121-lts"],
    ["projects/cos-cloud/global/images/cos-stable-121-18867-90-23", "cos-stable"],
    ["cos-cloud/cos-arm64-stable", "cos-arm64-stable"],
  ])("%s", (reference, family) => {
    expect(imageOf(reference)).toMatchObject({ family, selfLink: expect.stringMatching(/images\/cos-[a-z0-9-]+$/) });
  });
  it.each(["debian-cloud/debian-12", "projects/my/global/images/web", "cos-cloud/cos-nonsense", ""])(
    "%s is none",
    (reference) => {
      expect(imageOf(reference)).toBeUndefined();
    },
  );
});

describe("images of containers", () => {
  it.each([
    ["gcr.io", "p/web", "gcr.io/p/web", "projects/p/locations/us/repositories/gcr.io"],
    ["eu.gcr.io", "p/a/web", "eu.gcr.io/p/a/web", "projects/p/locations/europe/repositories/eu.gcr.io"],
    [
      "us-east1-docker.pkg.dev",
      "p/r/web",
      "us-east1-docker.pkg.dev/p/r/web",
      "projects/p/locations/us-east1/repositories/r",
    ],
  ])("%s/%s", (host, path, local, repository) => {
    expect(imageName(host, path)).toEqual({
      local,
      path,
      place: { kind: "artifactRegistry", project: "p", repository },
    });
  });
  it("that are public have no host in the local registry", () => {
    expect(imageName("registry-1.docker.io", "library/nginx")?.local).toBe("library/nginx");
    expect(imageName("mirror.gcr.io", "library/nginx")?.local).toBe("library/nginx");
    expect(imageName("ghcr.io", "acme/web")?.local).toBe("acme/web");
  });
  it.each([
    ["gcr.io", "web"],
    ["us-east1-docker.pkg.dev", "p/web"],
    ["quay.io", "a/b"],
  ])("%s/%s is none", (host, path) => expect(imageName(host, path)).toBeUndefined());
  it("are asked for at registries only", () => {
    expect(["gcr.io", "docker.io", "ghcr.io", "us-docker.pkg.dev"].filter(isRegistry)).toHaveLength(4);
    expect(["quay.io", "storage.googleapis.com", "constructor"].filter(isRegistry)).toEqual([]);
    expect(registryPath("/v2/p/a/web/manifests/latest")).toEqual({ name: "p/a/web", rest: "manifests/latest" });
    expect(registryPath("/v2/p/web/blobs/uploads/1")).toEqual({ name: "p/web", rest: "blobs/uploads/1" });
    expect(registryPath("/v2/_catalog")).toBeUndefined();
  });
  it("of Docker Hub are public unless the file says otherwise", () => {
    const hub = { accounts: {}, private: { "acme/web": ["acme"] } };
    expect([
      maySee(hub, undefined, "acme/site"),
      maySee(hub, undefined, "acme/web"),
      maySee(hub, "acme", "acme/web"),
      maySee(hub, "x", "acme/web"),
    ]).toEqual([true, false, true, false]);
  });
});
