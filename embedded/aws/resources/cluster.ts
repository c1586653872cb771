import { AwsError } from "../apiError.ts";
import { types } from "../types.ts";
import { arnOf, common, patiently } from "./common.ts";
import type { Kind } from "./kind.ts";

export const cluster: Kind = {
  type: types.cluster,
  api: "ECS",
  noun: "Cluster",
  id: ({ arn }) => arn as string,
  imported: (name, { cloud: { store } }) =>
    store.all(types.cluster).find(([, each]) => each.name === name)?.[0] ?? name,
  outputs: (inputs, scope) => ({
    settings: [{ name: "containerInsights", value: "disabled" }],
    ...common(inputs, scope),
    arn: arnOf("ecs", inputs, scope, `cluster/${inputs.name}`),
  }),
  deleting: (id, _outputs, { cloud: { store, runtime }, call }) =>
    patiently(call.signal, () => {
      const has = (type: string) => store.all(type).some(([, { clusterArn }]) => clusterArn === id);
      if (store.all(types.service).some(([, each]) => each.cluster === id)) {
        throw new AwsError(
          "ClusterContainsServicesException",
          "The Cluster cannot be deleted while Services are active.",
        );
      }
      if (has(types.containerInstance)) {
        throw new AwsError(
          "ClusterContainsContainerInstancesException",
          "The Cluster cannot be deleted while Container Instances are active or draining.",
        );
      }
      if (runtime.tasks().some(({ clusterArn, lastStatus }) => clusterArn === id && lastStatus !== "STOPPED")) {
        throw new AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");
      }
    }),
};
