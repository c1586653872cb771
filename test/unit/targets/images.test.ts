import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { CommonConfig } from "../../../config.ts";
import { imagesOf } from "../../../targets/images.ts";
import { app, secretsOf, service } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";

describe("the images of an earlier release", () => {
  const config = {
    images: {},
    registry: { logins: [] },
    standIns: [],
    file: "Pulumi.shop.yaml",
    secrets: secretsOf({}),
  } as unknown as CommonConfig;
  const registry = { host: "127.0.0.1:1", repository: (name: string) => `127.0.0.1:1/shop/${name}`, ready: [] };
  const shop = app([service("web")]);

  const deployed = (release: string, ...known: string[]) => {
    const releases = known.map((id) => ({ id, images: { web: `gcr.io/shop-1/web@sha256:${id}` } }));
    return registrationsOf(
      async () => {
        const { images } = await imagesOf(shop, registry, { ...config, release });
        const reference = await new Promise((resolve) => images.web?.reference.apply(resolve));
        expect(reference).toBe(`gcr.io/shop-1/web@sha256:${release}`);
      },
      {},
      known.length > 0 ? { releases } : {},
    );
  };

  it("are deployed as they were, and nothing is built", async () => {
    expect((await deployed("aa", "bb", "aa")).map(({ type }) => type)).toEqual(["retrofit:index:AppImages"]);
  });

  it("are refused where no such release is known, with those that are, the newest first", async () => {
    await expect(deployed("dd", "bb", "cc", "aa")).rejects.toThrow(
      'Pulumi.shop.yaml: retrofit:release: no release "dd" is known. ' +
        'Give one of the output "releases", the newest first: bb, cc, aa.',
    );
  });

  it("are refused where none is known at all", async () => {
    await expect(deployed("dd")).rejects.toThrow(
      'Pulumi.shop.yaml: retrofit:release: no release "dd" is known. ' +
        "Name images in retrofit:images instead: this stack has deployed no release that can be named.",
    );
  });
});

describe("images that are not stand-ins where others are", () => {
  const registry = { host: "127.0.0.1:1", repository: (name: string) => `127.0.0.1:1/shop/${name}`, ready: [] };
  const config = {
    images: {},
    registry: { logins: [] },
    standIns: ["debian:trixie-slim"],
    file: "Pulumi.shop.yaml",
    secrets: secretsOf({}),
  } as unknown as CommonConfig;
  const shop = app([service("web"), service("db", { image: { kind: "registry", reference: "postgres:17" } })]);
  afterEach(async () => {
    vi.unstubAllEnvs();
    await pulumi.runtime.disconnect();
  });

  /** In an update, as a preview builds and pulls nothing. */
  async function images() {
    const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
    await pulumi.runtime.setMocks(mocks, "retrofit", "test", false);
    return imagesOf(shop, registry, config);
  }

  it("are asked for before anything is made where Docker Hub cannot be reached", async () => {
    vi.stubEnv("RETROFIT_DOWNLOADS", "registries");
    await expect(images()).rejects.toThrow(
      "/srv/shop/compose.yaml: takes postgres:17, for which there is no stand-in here yet, and Docker Hub cannot be " +
        "reached. Run npm run setup -- base-images, or deploy by npm start, which makes what is missing.",
    );
  });

  it("are the official ones where it can", async () => {
    vi.stubEnv("RETROFIT_DOWNLOADS", "official");
    expect(Object.keys((await images()).images)).toEqual(["db", "web"]);
  });
});
