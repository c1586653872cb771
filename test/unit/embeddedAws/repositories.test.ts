import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { Images } from "../../../embedded/aws/images.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { account, region, SampleCloud } from "./sampleCloud.ts";

let sample: SampleCloud;
beforeEach(() => {
  sample = new SampleCloud();
});

describe("a repository", () => {
  it("with images stays, unless they may go too", async () => {
    const requests: string[] = [];
    let tags: string[] = ["a", "b"];
    const registry = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const path = request.url ?? "";
      if (request.method === "DELETE") tags = [];
      if (path.endsWith("/tags/list")) response.end(JSON.stringify({ tags }));
      else response.setHeader("docker-content-digest", "sha256:1").end();
    });
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
    const images = new Images(`127.0.0.1:${(registry.address() as AddressInfo).port}`);
    Object.assign(sample.cloud, { images });
    const made = await sample.create("ecr/repository", { name: "shop/web" });
    await expect(sample.delete("ecr/repository", made)).rejects.toThrow(
      "RepositoryNotEmptyException: The repository with name 'shop/web' in registry with id '123456789012' cannot be deleted because it still contains images",
    );
    const forced = await sample.update("ecr/repository", made, { name: "shop/web", forceDelete: true });
    await sample.delete("ecr/repository", forced);
    const path = `/v2/${account}.dkr.ecr.${region}.amazonaws.com/shop/web`;
    expect(requests.filter((each) => each.startsWith("DELETE"))).toEqual([`DELETE ${path}/manifests/sha256:1`]);
    registry.close();
  });

  it("stays where its registry does not answer, and goes where there is none", async () => {
    const registry = createServer((request) => request.socket.destroy());
    await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
    Object.assign(sample.cloud, { images: new Images(address) });
    const made = await sample.create("ecr/repository", { name: "shop/web" });
    await expect(sample.delete("ecr/repository", made)).rejects.toThrow(`the registry ${address} does not answer`);
    await new Promise((resolve) => registry.close(resolve));
    await sample.delete("ecr/repository", made);
  });

  it.each<[string, PlainMap, string]>([
    ["capitals", { name: "Shop" }, "Invalid parameter at 'repositoryName'"],
    [
      "exclusions of nothing",
      { name: "web", imageTagMutabilityExclusionFilters: [{ filter: "latest", filterType: "WILDCARD" }] },
      "filters are required with, and only with",
    ],
  ])("is refused with %s", async (_, inputs, message) => {
    await expect(sample.create("ecr/repository", inputs)).rejects.toThrow(message);
  });

  it("has a lifecycle policy of ECR's kind", async () => {
    await sample.create("ecr/repository", { name: "web" });
    const put = (policy: object) =>
      sample.create("ecr/lifecyclePolicy", { repository: "web", policy: JSON.stringify(policy) });
    await expect(put({ rules: [{ rulePriority: 1, selection: {}, action: { type: "delete" } }] })).rejects.toThrow(
      "Lifecycle policy validation failure",
    );
    expect(
      (
        await put({
          rules: [
            {
              rulePriority: 1,
              selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 3 },
              action: { type: "expire" },
            },
          ],
        })
      ).id,
    ).toBe("web");
  });
});
