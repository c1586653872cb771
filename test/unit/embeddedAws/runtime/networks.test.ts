import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { expect, it } from "vitest";
import { Networks } from "../../../../embedded/aws/runtime/network/networks.ts";

/** An engine that takes its time to remove a network. */
function slowEngine() {
  const there = new Set<string>();
  const docker = {
    listNetworks: async () =>
      [...there].map((Name) => ({ Name, Id: Name, IPAM: { Config: [{ Subnet: "10.79.0.0/24" }] } })),
    createNetwork: async ({ Name }: { Name: string }) => void there.add(Name),
    getNetwork: (name: string) => ({
      remove: async () => {
        await sleep(50);
        there.delete(name);
      },
    }),
  };
  return { there, networks: new Networks(docker as unknown as Docker, "c") };
}

it("gives nobody a network that is just going", async () => {
  const { there, networks } = slowEngine();
  await networks.ensure("subnet-1", "10.79.0.0/24");
  const [gone] = await Promise.all([networks.remove("subnet-1"), networks.ensure("subnet-1", "10.79.0.0/24")]);
  expect([gone, [...there]]).toEqual([true, ["retrofit-aws-c-subnet-1"]]);
});

it("keeps one that is needed again by the time that its turn comes", async () => {
  const { there, networks } = slowEngine();
  let isNeeded = false;
  const first = networks.ensure("subnet-1", "10.79.0.0/24").then(() => {
    isNeeded = true;
  });
  expect(await networks.remove("subnet-1", () => isNeeded)).toBe(false);
  await first;
  expect([...there]).toEqual(["retrofit-aws-c-subnet-1"]);
});
