import * as pulumi from "@pulumi/pulumi";
import { afterEach, expect, it, vi } from "vitest";
import { knownReleases } from "../../../components/knownReleases.ts";
import { lastRelease } from "../../../components/rollback.ts";

const call = vi.fn();

async function answering(answer: () => object): Promise<void> {
  call.mockReset().mockImplementation(answer);
  const mocks = { newResource: () => ({ id: "", state: {} }), call };
  await pulumi.runtime.setMocks(mocks, "retrofit", "test", false, "acme");
}

afterEach(() => pulumi.runtime.disconnect());

it("asks the engine for the outputs of this stack, in its own organization", async () => {
  const releases = [{ id: "1f", images: { web: "web@sha256:1" } }];
  await answering(() => ({ outputs: { releases, images: { web: "web@sha256:1" } } }));
  expect(await knownReleases()).toEqual(releases);
  expect(await lastRelease()).toEqual({ web: "web@sha256:1" });
  const [{ token, inputs }] = call.mock.lastCall as [pulumi.runtime.MockCallArgs];
  expect(token).toBe("pulumi:pulumi:readStackOutputs");
  expect(inputs).toEqual({ name: "acme/retrofit/test" });
});

it("knows none before the first deployment", async () => {
  await answering(() => ({ outputs: {} }));
  expect(await knownReleases()).toEqual([]);
  expect(await lastRelease()).toEqual({});
});

it("asks again where the state is just being written", async () => {
  let left = 3;
  await answering(() => {
    if (left-- > 0) throw new Error("failed to load checkpoint: EOF");
    return { outputs: { images: { web: "web@sha256:1" } } };
  });
  expect(await lastRelease()).toEqual({ web: "web@sha256:1" });
});

it("forgets none where the state cannot be read", async () => {
  await answering(() => {
    throw new Error("the bucket does not answer");
  });
  await expect(knownReleases()).rejects.toThrow();
});
