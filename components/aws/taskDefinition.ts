import { TaskDefinition as EcsTaskDefinition } from "@pulumi/aws/ecs/taskDefinition.js";
import * as pulumi from "@pulumi/pulumi";
import type { TaskDefinition as Definition } from "./taskDefinition/model.ts";

export interface TaskDefinitionArgs {
  /** As `aws ecs register-task-definition` takes it. */
  definition: pulumi.Output<Definition>;
  /** Name of the family, which is known before the rest. */
  family: string;
}

/** What ECS runs as one: a definition as it was rendered, in the provider's words. */
export class TaskDefinition extends pulumi.ComponentResource {
  readonly taskDefinitionArn: pulumi.Output<string>;

  constructor(name: string, args: TaskDefinitionArgs, opts?: pulumi.ComponentResourceOptions) {
    const { definition, family } = args;
    super("retrofit:aws:TaskDefinition", name, { family }, opts);

    const resource = new EcsTaskDefinition(
      `${name}-definition`,
      {
        family,
        // Text, in the order in which it was rendered: the provider finds no change where there is none.
        containerDefinitions: definition.apply((known) => JSON.stringify(known.containerDefinitions)),
        executionRoleArn: definition.executionRoleArn,
        taskRoleArn: definition.taskRoleArn,
        networkMode: definition.networkMode,
        requiresCompatibilities: definition.apply((known) => [...known.requiresCompatibilities]),
        cpu: definition.apply(({ cpu }) => cpu),
        memory: definition.apply(({ memory }) => memory),
        runtimePlatform: definition.apply(({ runtimePlatform }) => ({ ...runtimePlatform })),
        volumes: definition.apply(({ volumes }) => volumes.map(volumeOf)),
      },
      { parent: this },
    );
    this.taskDefinitionArn = resource.arn;
    this.registerOutputs({ taskDefinitionArn: this.taskDefinitionArn });
  }
}

/** A volume as the provider takes it: one without any of the others' keys lives as long as the task. */
function volumeOf(volume: Definition["volumes"][number]) {
  const { name, dockerVolumeConfiguration, efsVolumeConfiguration, s3filesVolumeConfiguration } = volume;
  return {
    name,
    dockerVolumeConfiguration: dockerVolumeConfiguration && {
      ...dockerVolumeConfiguration,
      driverOpts: dockerVolumeConfiguration.driverOpts && { ...dockerVolumeConfiguration.driverOpts },
      labels: dockerVolumeConfiguration.labels && { ...dockerVolumeConfiguration.labels },
    },
    efsVolumeConfiguration: efsVolumeConfiguration && { ...efsVolumeConfiguration },
    s3filesVolumeConfiguration: s3filesVolumeConfiguration && { ...s3filesVolumeConfiguration },
  };
}
