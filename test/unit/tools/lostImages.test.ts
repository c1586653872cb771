import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { lostImages, manifestUrl } from "../../../tools/lostImages.mjs";

const digest = `sha256:${"ab".repeat(32)}`;

describe("manifestUrl", () => {
  it.each([
    [`127.0.0.1:5050/app-dev/web:latest@${digest}`, `http://127.0.0.1:5050/v2/app-dev/web/manifests/${digest}`],
    [`localhost:5000/web@${digest}`, `http://localhost:5000/v2/web/manifests/${digest}`],
    [`ghcr.io/app/web:latest@${digest}`, undefined],
    [`nginx@${digest}`, undefined],
    ["127.0.0.1:5050/app-dev/web:latest", undefined],
  ])("%s: %s", (reference, url) => {
    expect(manifestUrl(reference)).toBe(url);
  });
});

it("lostImages names the built images that their registry does not have, and no others", async () => {
  const asked: string[] = [];
  const registry = createServer(({ method, url, headers }, response) => {
    asked.push(`${method} ${url}`);
    expect(headers.accept).toContain("application/vnd.oci.image.index.v1+json");
    response.writeHead(url?.includes("/kept/") ? 200 : 404).end();
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  try {
    const image = (name: string, ref?: string) => ({
      urn: `urn:pulumi:dev::retrofit::docker-build:index:Image::${name}`,
      type: "docker-build:index:Image",
      outputs: { ref },
    });
    const resources = [
      image("kept", `${host}/kept/web:latest@${digest}`),
      image("lost", `${host}/lost/web:latest@${digest}`),
      image("elsewhere", `ghcr.io/app/web@${digest}`),
      image("never-built"),
      image("no-registry", `127.0.0.1:1/lost/web@${digest}`),
      { urn: "urn:other", type: "docker:index/container:Container", outputs: { ref: `${host}/lost/web@${digest}` } },
    ];
    expect(await lostImages({ deployment: { resources } })).toEqual([
      "urn:pulumi:dev::retrofit::docker-build:index:Image::lost",
    ]);
    expect(asked.sort()).toEqual([`HEAD /v2/kept/web/manifests/${digest}`, `HEAD /v2/lost/web/manifests/${digest}`]);
    expect(await lostImages({})).toEqual([]);
  } finally {
    registry.close();
  }
});
