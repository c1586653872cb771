import { beforeEach, describe, expect, it } from "vitest";
import type { Task } from "../../../embedded/aws/ecs/task.ts";
import { reachesInternet } from "../../../embedded/aws/network/vpcs.ts";
import { setCapacity } from "../../../embedded/aws/resources/containerInstance.ts";
import { account, arnPrefix, region, SampleCloud } from "./sampleCloud.ts";

let sample: SampleCloud;
beforeEach(() => {
  sample = new SampleCloud();
});

describe("a cluster's machines", () => {
  const home = { region, account };

  const clusterArn = `${arnPrefix("ecs")}cluster/machines`;
  const capacity = (count: number) => setCapacity(sample.cloud, { cluster: "machines", ...home, count, memory: 2048 });

  it("make it where it is not there, in a network with a way out, and take both with them", async () => {
    const network = await capacity(2);
    const machines = sample.runtime.surroundings.containerInstances(clusterArn);
    expect(machines).toEqual(
      [0, 1].map((n) => ({
        containerInstanceArn: expect.stringMatching(/container-instance\/machines\/[0-9a-f]{32}$/),
        clusterArn,
        ec2InstanceId: expect.stringMatching(/^i-0[0-9a-f]{16}$/),
        cpu: 2048,
        memory: 2048,
        subnetId: network?.subnetIds[n],
        securityGroups: [network?.machinesGroupId],
      })),
    );
    expect(network?.subnetIds.every((id) => reachesInternet(sample.cloud.store, id))).toBe(true);
    expect(await capacity(3)).toEqual(network);
    expect(sample.cloud.isEmpty()).toBe(false);
    expect(await capacity(0)).toBeUndefined();
    expect(sample.cloud.isEmpty()).toBe(true);
  });

  it("stay while tasks run on them, or something else is in their network", async () => {
    const network = await capacity(1);
    const balancer = await sample.create("lb/loadBalancer", { name: "shop", subnets: [...(network?.subnetIds ?? [])] });
    await expect(capacity(0)).rejects.toThrow(`${balancer.id} is in the network of the machines: destroy it first`);
    await sample.delete("lb/loadBalancer", balancer);

    const [machine] = sample.runtime.surroundings.containerInstances(clusterArn);
    const containerInstanceArn = machine?.containerInstanceArn as string;
    sample.runtime.running = [{ taskArn: "task/shop", containerInstanceArn, lastStatus: "RUNNING" } as Task];
    await expect(capacity(0)).rejects.toThrow("task/shop runs on a machine that would go: stop it first");
    sample.runtime.running = [];
    await capacity(0);
    expect(sample.cloud.isEmpty()).toBe(true);
  });

  it("leave it where a program has made it", async () => {
    const made = await sample.create("ecs/cluster", { name: "own" });
    await setCapacity(sample.cloud, { cluster: "own", ...home, count: 1 });
    expect(await sample.undeletable("ecs/cluster", made)).toBe("impatient");
    await setCapacity(sample.cloud, { cluster: "own", ...home, count: 0 });
    await sample.delete("ecs/cluster", made);
  });
});
