import type Docker from "dockerode";
import { expect, it } from "vitest";
import { ensureBridge } from "../../../embedded/gcp/compute/network.ts";

interface Wanted {
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string }[] };
}

/** An engine that has no networks, and refuses some. */
function engine(refuse: (range: string) => Error | undefined) {
  const asked: string[] = [];
  const docker = {
    listNetworks: async () => [],
    createNetwork: async ({ IPAM }: Wanted) => {
      const range = IPAM.Config[0]?.Subnet ?? "";
      asked.push(range);
      const refusal = refuse(range);
      if (refusal) throw refusal;
    },
  } as unknown as Docker;
  return { docker, asked };
}

it("takes the next range where another cloud takes the same one at once", async () => {
  const taken = "10.250.7.0/24";
  const overlap = new Error("(HTTP code 403) unexpected - Pool overlaps with other one on this address space");
  const { docker, asked } = engine((range) => (range === taken ? overlap : undefined));
  expect(await ensureBridge(docker, "0123abcd", 7)).toBe(8);
  expect(asked).toEqual([taken, "10.250.8.0/24"]);
});

it("tries none again where the engine makes no network", async () => {
  const { docker, asked } = engine(() => new Error("Failed to program NAT chain: iptables failed"));
  await expect(ensureBridge(docker, "0123abcd", 7)).rejects.toThrow("iptables failed");
  expect(asked).toHaveLength(1);
});
