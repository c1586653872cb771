import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { now } from "../names.ts";
import { type Given, parseContainers, settleContainers } from "./containers.ts";
import { checkRegistration, type Registration } from "./rules.ts";
import type { EfsVolume, LaunchType, NetworkMode, S3FilesVolume, TaskDefinition, Volume } from "./taskDefinition.ts";

/** What the provider's inputs say, as ECS is told it. @throws {AwsError} what ECS refuses */
export function registrationOf(inputs: PlainMap): Registration {
  let given: Given[];
  try {
    given = parseContainers(inputs.containerDefinitions as string);
  } catch (error) {
    throw new AwsError("ClientException", (error as Error).message);
  }
  return registration(inputs, given, ((inputs.volumes ?? []) as PlainMap[]).map(volumeOf));
}

/** What is registered, with ECS's defaults. @param fields of the task @throws {AwsError} what ECS refuses */
export function registration(fields: PlainMap, given: readonly Given[], volumes: readonly Volume[]): Registration {
  const networkMode = (fields.networkMode ?? "bridge") as NetworkMode;
  const storage = fields.ephemeralStorage as PlainMap | undefined;
  const text = (key: string) => (fields[key] === undefined ? {} : { [key]: fields[key] as string });
  const definition: Registration = {
    family: fields.family as string,
    containerDefinitions: settleContainers(given, networkMode),
    volumes,
    networkMode,
    requiresCompatibilities: ((fields.requiresCompatibilities ?? []) as LaunchType[]).toSorted(),
    ...text("cpu"),
    ...text("memory"),
    ...text("executionRoleArn"),
    ...text("taskRoleArn"),
    ...text("pidMode"),
    ...text("ipcMode"),
    ...(storage ? { ephemeralStorage: { sizeInGiB: (storage.sizeInGiB ?? storage.sizeInGib) as number } } : {}),
    ...(fields.runtimePlatform
      ? { runtimePlatform: fields.runtimePlatform as Registration["runtimePlatform"] & object }
      : {}),
    placementConstraints: [],
    enableFaultInjection: fields.enableFaultInjection === true,
  };
  checkRegistration(definition, given);
  return definition;
}

/** The definition that comes of it. */
export function registered(
  definition: Registration,
  taskDefinitionArn: string,
  revision: number,
  tags: Readonly<Record<string, string>>,
): TaskDefinition {
  return {
    ...definition,
    taskDefinitionArn,
    revision,
    status: "ACTIVE",
    tags,
    compatibilities: compatibilities(definition),
    registeredAt: now(),
  };
}

/** A definition could run on machines always, and on Fargate where it keeps Fargate's rules. */
function compatibilities(definition: Registration): LaunchType[] {
  try {
    checkRegistration({ ...definition, requiresCompatibilities: ["FARGATE"] }, []);
    return ["EC2", "FARGATE"];
  } catch {
    return ["EC2"];
  }
}

function volumeOf(inputs: PlainMap): Volume {
  const docker = inputs.dockerVolumeConfiguration as PlainMap | undefined;
  const efs = inputs.efsVolumeConfiguration as PlainMap | undefined;
  const files = inputs.s3filesVolumeConfiguration as PlainMap | undefined;
  if ([inputs.hostPath, docker, efs, files].filter((each) => each !== undefined).length > 1) {
    throw new AwsError(
      "ClientException",
      `Only one volume configuration may be specified for volume '${inputs.name}'.`,
    );
  }
  return {
    name: inputs.name as string,
    ...(inputs.hostPath ? { host: { sourcePath: inputs.hostPath as string } } : {}),
    ...(docker ? { dockerVolumeConfiguration: dockerVolume(docker) } : {}),
    ...(efs ? { efsVolumeConfiguration: efsVolume(efs) } : {}),
    ...(files ? { s3filesVolumeConfiguration: filesVolume(files) } : {}),
  };
}

export function dockerVolume(given: PlainMap): NonNullable<Volume["dockerVolumeConfiguration"]> {
  const scope = (given.scope ?? "task") as "task" | "shared";
  if (given.autoprovision === true && scope === "task") {
    throw new AwsError("ClientException", "autoprovision is only for Docker volumes with the scope shared.");
  }
  return {
    scope,
    autoprovision: (given.autoprovision ?? false) as boolean,
    driver: (given.driver ?? "local") as string,
    driverOpts: (given.driverOpts ?? {}) as Record<string, string>,
    labels: (given.labels ?? {}) as Record<string, string>,
  };
}

export function efsVolume(given: PlainMap): EfsVolume {
  const authorization = given.authorizationConfig as PlainMap | undefined;
  return {
    fileSystemId: given.fileSystemId as string,
    rootDirectory: (given.rootDirectory || "/") as string,
    transitEncryption: (given.transitEncryption ?? "DISABLED") as EfsVolume["transitEncryption"],
    ...(given.transitEncryptionPort === undefined
      ? {}
      : { transitEncryptionPort: given.transitEncryptionPort as number }),
    ...(authorization
      ? {
          authorizationConfig: {
            ...(authorization.accessPointId ? { accessPointId: authorization.accessPointId as string } : {}),
            iam: (authorization.iam ?? "DISABLED") as "ENABLED" | "DISABLED",
          },
        }
      : {}),
  };
}

export function filesVolume(given: PlainMap): S3FilesVolume {
  return {
    fileSystemArn: given.fileSystemArn as string,
    rootDirectory: (given.rootDirectory || "/") as string,
    ...(given.accessPointArn ? { accessPointArn: given.accessPointArn as string } : {}),
    ...(given.transitEncryptionPort === undefined
      ? {}
      : { transitEncryptionPort: given.transitEncryptionPort as number }),
  };
}
