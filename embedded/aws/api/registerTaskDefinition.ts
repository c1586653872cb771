import type { PlainMap } from "../../core/value.ts";
import { containerShape } from "../ecs/containerShape.ts";
import { checkedContainers } from "../ecs/containers.ts";
import { dockerVolume, efsVolume, filesVolume, registered, registration } from "../ecs/registration.ts";
import type { Volume } from "../ecs/taskDefinition.ts";
import { arn } from "../names.ts";
import { checkRoles, register } from "../resources/taskDefinition.ts";
import { operation } from "./request.ts";
import { definitionView } from "./views.ts";

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html */
export const registerTaskDefinition = operation<PlainMap>(
  {
    family: "string",
    taskRoleArn: "string",
    executionRoleArn: "string",
    networkMode: { oneOf: ["awsvpc", "bridge", "host", "none"] },
    containerDefinitions: { list: containerShape },
    volumes: {
      list: {
        fields: {
          name: "string",
          host: { fields: { sourcePath: "string" } },
          dockerVolumeConfiguration: {
            fields: {
              scope: { oneOf: ["task", "shared"] },
              autoprovision: "boolean",
              driver: "string",
              driverOpts: { map: "string" },
              labels: { map: "string" },
            },
          },
          efsVolumeConfiguration: {
            fields: {
              fileSystemId: "string",
              rootDirectory: "string",
              transitEncryption: { oneOf: ["ENABLED", "DISABLED"] },
              transitEncryptionPort: "integer",
              authorizationConfig: { fields: { accessPointId: "string", iam: { oneOf: ["ENABLED", "DISABLED"] } } },
            },
          },
          s3filesVolumeConfiguration: {
            fields: {
              fileSystemArn: "string",
              rootDirectory: "string",
              accessPointArn: "string",
              transitEncryptionPort: "integer",
            },
          },
        },
      },
    },
    requiresCompatibilities: { list: { oneOf: ["EC2", "FARGATE"] } },
    cpu: "string",
    memory: "string",
    tags: { list: { fields: { key: "string", value: "string" } } },
    pidMode: { oneOf: ["host", "task"] },
    ipcMode: { oneOf: ["host", "task", "none"] },
    ephemeralStorage: { fields: { sizeInGiB: "integer" } },
    runtimePlatform: { fields: { cpuArchitecture: "string", operatingSystemFamily: "string" } },
    enableFaultInjection: "boolean",
    placementConstraints: { list: { fields: {} } },
  },
  (input, { cloud: { store }, home }) => {
    const given = checkedContainers(input.containerDefinitions);
    const definition = registration(input, given, ((input.volumes ?? []) as PlainMap[]).map(volumeOf));
    checkRoles(store, definition.executionRoleArn, definition.taskRoleArn);
    const family = arn("ecs", home, `task-definition/${definition.family}`);
    const revision = store.count(family);
    const list = (input.tags ?? []) as { key: string; value: string }[];
    const tags = Object.fromEntries(list.map(({ key, value }) => [key, value]));
    const made = registered(definition, `${family}:${revision}`, revision, tags);
    register(store, made);
    return { taskDefinition: definitionView(made), tags: list };
  },
);

function volumeOf(given: PlainMap): Volume {
  const {
    name,
    host,
    dockerVolumeConfiguration: docker,
    efsVolumeConfiguration: efs,
    s3filesVolumeConfiguration: files,
  } = given;
  return {
    name: name as string,
    ...(host ? { host: host as { sourcePath?: string } } : {}),
    ...(docker ? { dockerVolumeConfiguration: dockerVolume(docker as PlainMap) } : {}),
    ...(efs ? { efsVolumeConfiguration: efsVolume(efs as PlainMap) } : {}),
    ...(files ? { s3filesVolumeConfiguration: filesVolume(files as PlainMap) } : {}),
  };
}
