import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CommonConfig } from "../../../config.ts";
import { imagesOf } from "../../../targets/images.ts";
import { app, secretsOf, service } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";

// A CLI in place of Pulumi's answers for the stack's outputs; that the real one answers so is shown end to end.
describe("the images of an earlier release", () => {
  let folder: string;
  const config = {
    images: {},
    registry: { logins: [] },
    standIns: [],
    file: "Pulumi.shop.yaml",
    secrets: secretsOf({}),
  } as unknown as CommonConfig;
  const registry = { host: "127.0.0.1:1", repository: (name: string) => `127.0.0.1:1/shop/${name}`, ready: [] };
  const shop = app([service("web")]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "retrofit-cli-"));
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  });
  afterEach(() => rm(join(folder, "pulumi"), { force: true }));
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  /** Have the stack's outputs name these releases. */
  async function knows(...ids: string[]) {
    const releases = ids.map((id) => ({ id, images: { web: `gcr.io/shop-1/web@sha256:${id}` } }));
    const answer = `[ "$*" = "stack output releases --json --stack test" ] && echo '${JSON.stringify(releases)}'`;
    await writeFile(join(folder, "pulumi"), `#!/bin/sh\n${answer}\n`);
    await chmod(join(folder, "pulumi"), 0o755);
  }

  const deployed = (release: string) =>
    registrationsOf(async () => {
      const { images } = await imagesOf(shop, registry, { ...config, release });
      const reference = await new Promise((resolve) => images.web?.reference.apply(resolve));
      expect(reference).toBe(`gcr.io/shop-1/web@sha256:${release}`);
    });

  it("are deployed as they were, and nothing is built", async () => {
    await knows("bb", "aa");
    expect((await deployed("aa")).map(({ type }) => type)).toEqual(["retrofit:index:AppImages"]);
  });

  it("are refused where no such release is known, with those that are, the newest first", async () => {
    await knows("bb", "cc", "aa");
    await expect(deployed("dd")).rejects.toThrow(
      'Pulumi.shop.yaml: retrofit:release: no release "dd" is known. ' +
        'Give one of the output "releases", the newest first: bb, cc, aa.',
    );
  });

  it("are refused where none is known at all", async () => {
    await knows();
    await expect(deployed("dd")).rejects.toThrow(
      'Pulumi.shop.yaml: retrofit:release: no release "dd" is known. ' +
        "Name images in retrofit:images instead: this stack has deployed no release that can be named.",
    );
  });
});
