import { describe, expect, it } from "vitest";
import { wrongCloud } from "../../../targets/rightCloud.ts";
import { embeddedClouds, missingProvider } from "../../../tools/clouds.mjs";
import { cloudPlugins } from "../../../tools/versions.mjs";

const file = "Pulumi.shop.yaml";

describe("a stack and the cloud at hand", () => {
  it.each([
    ["docker, whatever is attached", "docker", false, ["gcp"], false],
    ["embedded on the embedded one", "gcp", true, ["gcp"], false],
    ["real on the real one", "gcp", false, [], false],
    ["the preview of a real one on the embedded one", "gcp", false, ["gcp"], true],
  ] as const)("%s is right", (_, target, embedded, providers, preview) => {
    expect(wrongCloud({ target, embedded, file }, { embedded: providers, preview })).toBeUndefined();
  });

  it("refuses an embedded stack on the real one, even to preview", () => {
    expect(wrongCloud({ target: "gcp", embedded: true, file }, { embedded: [], preview: true })).toEqual({
      where: "Pulumi.shop.yaml: retrofit:embedded",
      what: "this stack is for the embedded cloud, and the provider gcp at hand is the real one",
      mend: "Use npm run pulumi -- in place of pulumi: it attaches the embedded one",
    });
  });

  it("refuses to deploy a real stack on the embedded one", () => {
    expect(wrongCloud({ target: "gcp", embedded: false, file }, { embedded: ["gcp"], preview: false })).toEqual({
      where: "Pulumi.shop.yaml: retrofit:target",
      what: "this stack is for the real gcp, and the provider at hand is the embedded cloud's",
      mend: "Install the real one (pulumi plugin install resource gcp) and run pulumi up, or set retrofit:embedded to true on a new stack",
    });
  });
});

describe("the embedded clouds for a command", () => {
  const nowhere = { PULUMI_HOME: "/nonexistent" };
  it.each([
    ["an embedded stack", { target: "gcp", embedded: true }, "destroy", ["gcp"]],
    ["the preview of a real one without its plugin", { target: "gcp", embedded: false }, "preview", ["gcp"]],
    ["never the refresh of a real one", { target: "gcp", embedded: false }, "refresh", []],
    ["never the deployment of a real one", { target: "aws", embedded: false }, "up", []],
    ["docker", { target: "docker", embedded: false }, "preview", []],
    ["a stack without a file", { embedded: false }, "preview", []],
  ] as const)("%s", (_, stack, command, clouds) => {
    expect(embeddedClouds(stack, command, nowhere)).toEqual(clouds);
  });

  it.each([
    ["an embedded stack", { target: "gcp", embedded: true }, "up", undefined],
    ["the preview of a real one", { target: "gcp", embedded: false }, "preview", undefined],
    ["the deployment of a real one", { target: "gcp", embedded: false }, "up", `gcp ${cloudPlugins.gcp}`],
    ["the destruction of a real one", { target: "aws", embedded: false }, "destroy", `aws ${cloudPlugins.aws}`],
    ["docker", { target: "docker", embedded: false }, "up", undefined],
  ] as const)("the provider that %s lacks", (_, stack, command, missing) => {
    expect(missingProvider(stack, command, nowhere)).toBe(missing);
  });
});
