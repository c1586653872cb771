import type { PlainMap } from "../../../embedded/core/value.ts";
import { SampleCloud } from "./sampleCloud.ts";

/** A cloud in which a service can be made, of the definition `web:1` in the cluster `shop`. */
export async function sampleService() {
  const sample = new SampleCloud();
  const network = await sample.network();
  const cluster = await sample.create("ecs/cluster", { name: "shop" });
  const definition = await sample.definition();
  const inputs = (more: PlainMap = {}): PlainMap => ({
    name: "web",
    cluster: cluster.id,
    taskDefinition: definition.outputs.arn as string,
    launchType: "FARGATE",
    desiredCount: 2,
    networkConfiguration: {
      subnets: network.subnets.map(({ id }) => id),
      securityGroups: [network.group.id],
      assignPublicIp: true,
    },
    ...more,
  });
  const create = (more: PlainMap = {}) => sample.create("ecs/service", inputs(more));
  return { sample, network, cluster, definition, inputs, create };
}

export type SampleService = Awaited<ReturnType<typeof sampleService>>;
