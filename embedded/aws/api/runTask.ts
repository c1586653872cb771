import { AwsError } from "../apiError.ts";
import { checkPlacement, invalid } from "../ecs/placement.ts";
import type { NetworkConfiguration } from "../ecs/service.ts";
import type { Shape } from "../ecs/shape.ts";
import type { TaskOverride } from "../ecs/task.ts";
import type { LaunchType, TaskDefinition } from "../ecs/taskDefinition.ts";
import { clusterOf } from "../resources/service.ts";
import { checkRoles, neededDefinition } from "../resources/taskDefinition.ts";
import { types } from "../types.ts";
import { operation } from "./request.ts";
import { tagList, taskView } from "./views.ts";

const strings: Shape = { list: "string" };

interface Input {
  readonly cluster?: string;
  readonly taskDefinition: string;
  readonly count?: number;
  readonly launchType?: LaunchType;
  readonly platformVersion?: string;
  readonly networkConfiguration?: {
    readonly awsvpcConfiguration?: {
      readonly subnets: string[];
      readonly securityGroups?: string[];
      readonly assignPublicIp?: "ENABLED" | "DISABLED";
    };
  };
  readonly overrides?: Partial<TaskOverride>;
  readonly group?: string;
  readonly startedBy?: string;
  readonly propagateTags?: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html */
export const runTask = operation<Input>(
  {
    cluster: "string",
    taskDefinition: "string",
    clientToken: "string",
    count: "integer",
    launchType: { oneOf: ["EC2", "FARGATE"] },
    platformVersion: "string",
    networkConfiguration: {
      fields: {
        awsvpcConfiguration: {
          fields: { subnets: strings, securityGroups: strings, assignPublicIp: { oneOf: ["ENABLED", "DISABLED"] } },
        },
      },
    },
    overrides: {
      fields: {
        containerOverrides: {
          list: {
            fields: {
              name: "string",
              command: strings,
              environment: { list: { fields: { name: "string", value: "string" } } },
              cpu: "integer",
              memory: "integer",
              memoryReservation: "integer",
            },
          },
        },
        cpu: "string",
        memory: "string",
        executionRoleArn: "string",
        taskRoleArn: "string",
        ephemeralStorage: { fields: { sizeInGiB: "integer" } },
      },
    },
    group: "string",
    startedBy: "string",
    propagateTags: { oneOf: ["TASK_DEFINITION", "NONE"] },
    enableECSManagedTags: "boolean",
    enableExecuteCommand: "boolean",
    tags: { list: { fields: { key: "string", value: "string" } } },
  },
  async (input, { cloud: { store, runtime }, home }) => {
    const { count = 1, launchType = "EC2", startedBy, platformVersion } = input;
    if (count < 1 || count > 10) throw invalid("count must be between 1 and 10.");
    if ((startedBy?.length ?? 0) > 128) throw invalid("startedBy must have no more than 128 characters.");
    const clusterArn = clusterOf(store, input.cluster ?? "default", home);
    const definition = neededDefinition(store, input.taskDefinition);
    const network = networkOf(input);
    checkPlacement(store, definition, launchType, network);
    const machines = store.all(types.containerInstance).some(([, each]) => each.clusterArn === clusterArn);
    if (launchType === "EC2" && !machines) throw invalid("No Container Instances were found in your cluster.");
    const overrides = { containerOverrides: [], ...input.overrides };
    checkOverrides(overrides, definition);
    checkRoles(store, overrides.executionRoleArn, overrides.taskRoleArn);
    const own = input.propagateTags === "TASK_DEFINITION" ? tagList(definition.tags) : [];
    const given = input.tags ?? [];
    const tasks = await runtime.runTask({
      clusterArn,
      taskDefinition: definition,
      count,
      launchType,
      ...(launchType === "FARGATE" ? { platformVersion: platformVersion ?? "LATEST" } : {}),
      ...(network ? { network } : {}),
      overrides,
      group: input.group ?? `family:${definition.family}`,
      ...(startedBy === undefined ? {} : { startedBy }),
      tags: [...own.filter(({ key }) => !given.some((tag) => tag.key === key)), ...given],
    });
    return { tasks: tasks.map((task) => taskView(task, ["TAGS"])), failures: [] };
  },
);

function networkOf({ networkConfiguration }: Input): NetworkConfiguration | undefined {
  const given = networkConfiguration?.awsvpcConfiguration;
  if (given === undefined) return undefined;
  const { subnets, securityGroups = [], assignPublicIp } = given;
  return { subnets, securityGroups, assignPublicIp: assignPublicIp === "ENABLED" };
}

function checkOverrides({ containerOverrides }: TaskOverride, { containerDefinitions }: TaskDefinition): void {
  for (const { name } of containerOverrides) {
    if (containerDefinitions.some((container) => container.name === name)) continue;
    throw invalid(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  const size = Buffer.byteLength(JSON.stringify(containerOverrides));
  if (size > 8192)
    throw new AwsError("InvalidParameterException", `Container Overrides length must be at most 8192, not ${size}`);
}
