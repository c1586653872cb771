import { AwsError } from "../apiError.ts";
import type { Given } from "./containers.ts";
import { checkDependencies } from "./dependencies.ts";
import type { ContainerDefinition, TaskDefinition } from "./taskDefinition.ts";

/** Memory in MiB that Fargate has with so many CPU units: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const memoryOf: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: range(1024, 4096, 1024),
  1024: range(2048, 8192, 1024),
  2048: range(4096, 16384, 1024),
  4096: range(8192, 30720, 1024),
  8192: range(16384, 61440, 4096),
  16384: range(32768, 122880, 8192),
};

/** What of a definition ECS is told, before it has an ARN. */
export type Registration = Omit<
  TaskDefinition,
  "taskDefinitionArn" | "revision" | "status" | "registeredAt" | "compatibilities" | "tags"
>;

/**
 * ECS's rules for what is registered.
 * @param given what was filled in by nobody
 * @throws {AwsError} the first that is broken, in ECS's words where they are known
 */
export function checkRegistration(definition: Registration, given: readonly Given[]): void {
  const { containerDefinitions: containers, requiresCompatibilities } = definition;
  if (containers.length === 0) throw refused("Container list cannot be empty.");
  if (containers.length > 10) throw refused("Task definition has more than the maximum of 10 containers.");
  const size = Buffer.byteLength(JSON.stringify(definition));
  if (size > 65536) throw refused(`Actual length: '${size}'. Max allowed length is '65536' bytes.`);
  if (!containers.some(({ essential }) => essential)) throw refused("Task definition has no essential container.");
  const names = containers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw refused(`Container names must be unique: '${twice}' is there twice.`);
  if (requiresCompatibilities.includes("FARGATE")) checkFargate(definition);
  checkRoles(definition);
  checkVolumes(definition);
  for (const [index, container] of containers.entries()) checkContainer(container, definition, given[index] ?? {});
  checkSizes(definition);
  checkPortNames(containers);
  checkDependencies(containers);
}

/** What Fargate cannot do. @throws {AwsError} */
function checkFargate(definition: Registration): void {
  const { cpu, memory, networkMode, ipcMode, pidMode, containerDefinitions, volumes, placementConstraints } =
    definition;
  if (networkMode !== "awsvpc") throw refused("Fargate only supports network mode ‘awsvpc’.");
  if (cpu === undefined) throw refused("Fargate requires that 'cpu' be defined at the task level.");
  if (memory === undefined) throw refused("Fargate requires that 'memory' be defined at the task level.");
  if (!memoryOf[Number(cpu)]?.includes(Number(memory))) {
    throw refused(
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    );
  }
  if (ipcMode !== undefined) throw refused("Tasks using the Fargate launch type do not support ipcMode.");
  if (pidMode === "host") throw refused("Tasks using the Fargate launch type do not support pidMode 'host'.");
  if (placementConstraints.length > 0) throw unsupported("placementConstraints");
  for (const { host, dockerVolumeConfiguration } of volumes) {
    if (host?.sourcePath) throw unsupported("sourcePath");
    if (dockerVolumeConfiguration) throw unsupported("dockerVolumeConfiguration");
  }
  for (const container of containerDefinitions) checkFargateContainer(container);
}

function checkFargateContainer({
  privileged,
  linuxParameters: linux,
  dockerSecurityOptions,
  stopTimeout,
  startTimeout,
}: ContainerDefinition): void {
  if (privileged) throw unsupported("privileged");
  if (dockerSecurityOptions.length > 0) throw unsupported("dockerSecurityOptions");
  if ((linux?.devices.length ?? 0) > 0) throw unsupported("devices");
  if (linux?.sharedMemorySize !== undefined) throw unsupported("sharedMemorySize");
  if (linux?.maxSwap !== undefined || linux?.swappiness !== undefined) throw unsupported("maxSwap and swappiness");
  if (linux?.capabilities?.add.some((capability) => capability !== "SYS_PTRACE"))
    throw unsupported("adding capabilities other than SYS_PTRACE");
  for (const seconds of [stopTimeout, startTimeout]) {
    if ((seconds ?? 0) > 120)
      throw refused(
        `Invalid setting for container. The maximum of stopTimeout and startTimeout is 120 seconds on Fargate, not ${seconds}.`,
      );
  }
}

function checkRoles({ executionRoleArn, requiresCompatibilities, containerDefinitions }: Registration): void {
  if (executionRoleArn !== undefined) return;
  const fargate = requiresCompatibilities.includes("FARGATE");
  for (const { image, secrets, logConfiguration, repositoryCredentials } of containerDefinitions) {
    if (secrets.length > 0 || (logConfiguration?.secretOptions.length ?? 0) > 0 || repositoryCredentials) {
      throw refused("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
    }
    if (!fargate) continue;
    if (/^\d{12}\.dkr\.ecr\./.test(image))
      throw refused("Fargate requires task definition to have execution role ARN to support ECR images.");
    if (logConfiguration?.logDriver === "awslogs")
      throw refused("Fargate requires task definition to have execution role ARN to support log driver awslogs.");
  }
}

function checkVolumes({ volumes, containerDefinitions, taskRoleArn, requiresCompatibilities }: Registration): void {
  const names = volumes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw refused(`Volume names must be unique: '${twice}' is there twice.`);
  for (const name of names)
    if (!/^[a-zA-Z0-9_-]{1,255}$/.test(name))
      throw refused(`Invalid volume name '${name}': up to 255 letters, digits, hyphens and underscores are allowed.`);
  for (const { mountPoints } of containerDefinitions) {
    for (const { sourceVolume, containerPath } of mountPoints) {
      if (!names.includes(sourceVolume)) throw refused(`Unknown volume '${sourceVolume}'.`);
      if (!containerPath?.startsWith("/"))
        throw refused(`Invalid mount point '${containerPath}': it must be an absolute path.`);
    }
  }
  for (const { efsVolumeConfiguration: efs, s3filesVolumeConfiguration: files } of volumes) {
    const { accessPointId, iam } = efs?.authorizationConfig ?? {};
    if (efs && (accessPointId || iam === "ENABLED") && efs.transitEncryption !== "ENABLED") {
      throw refused(
        "Transit encryption must be enabled when an access point or IAM authorization is used for an EFS volume.",
      );
    }
    if (efs && accessPointId && efs.rootDirectory !== "/")
      throw refused("If an EFS access point is specified, the root directory must either be omitted or set to '/'.");
    if (efs && iam === "ENABLED" && taskRoleArn === undefined)
      throw refused("EFS IAM authorization requires a task role.");
    if (files && taskRoleArn === undefined)
      throw refused("Your task definition must include a Task IAM Role to use S3 Files volumes.");
    if (files?.accessPointArn && files.rootDirectory !== "/")
      throw refused(
        "If an S3 Files access point is specified, the root directory must either be omitted or set to '/'.",
      );
    if (files && !requiresCompatibilities.includes("FARGATE"))
      throw refused("S3 Files volumes are not supported on the EC2 launch type.");
  }
}

function checkContainer(container: ContainerDefinition, definition: Registration, given: Given): void {
  const { name, image, memory, memoryReservation, links, portMappings, environment, secrets, healthCheck } = container;
  if (name === "") throw refused("Container.name should not be null or empty.");
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(name))
    throw refused(`Invalid container name '${name}': up to 255 letters, digits, hyphens and underscores are allowed.`);
  if (image === "") throw refused("Container.image should not be null or empty.");
  for (const key of ["environmentFiles", "resourceRequirements"] as const) {
    if ((given[key]?.length ?? 0) > 0) throw refused(`${key} is not imitated by the embedded cloud.`);
  }
  const { networkMode, memory: taskMemory } = definition;
  if (memory === undefined && memoryReservation === undefined && taskMemory === undefined) {
    throw refused(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  if (memory !== undefined && memory < 6)
    throw refused(`Invalid setting for container '${name}'. The minimum of 'memory' is 6 MiB.`);
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    throw refused(`Invalid setting for container '${name}'. The 'memory' must be greater than 'memoryReservation'.`);
  }
  if (networkMode === "awsvpc") {
    if (links.length > 0) throw refused("Links are not supported when networkMode=awsvpc.");
    if (container.extraHosts.length > 0) throw refused("Extra hosts are not supported when networkMode=awsvpc.");
    for (const key of ["hostname"] as const)
      if (container[key] !== undefined) throw refused(`The ${key} parameter is not supported when networkMode=awsvpc.`);
    if (container.dnsServers.length + container.dnsSearchDomains.length > 0)
      throw refused("DNS servers and search domains are not supported when networkMode=awsvpc.");
  }
  if (networkMode === "host" && links.length > 0) throw refused("Links are not supported when networkMode=host.");
  for (const link of links) {
    const [target = ""] = link.split(":");
    if (!definition.containerDefinitions.some((each) => each.name === target))
      throw refused(`Invalid 'links' setting for container '${name}': there is no container '${target}'.`);
  }
  for (const { containerPort, hostPort } of portMappings) {
    if (!(containerPort >= 1 && containerPort <= 65535))
      throw refused(`Invalid setting for container '${name}'. Invalid container port '${containerPort}'.`);
    if (networkMode !== "bridge" && hostPort !== containerPort)
      throw refused(`When networkMode=${networkMode}, the host ports and container ports in port mappings must match.`);
  }
  for (const secret of secrets) {
    if (environment.some((each) => each.name === secret.name)) {
      throw refused(
        `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${secret.name}'.`,
      );
    }
  }
  if (healthCheck) checkHealth(name, healthCheck);
  checkLogs(container, definition);
  checkUlimits(container);
}

function checkHealth(
  name: string,
  { command, interval, timeout, retries, startPeriod }: NonNullable<ContainerDefinition["healthCheck"]>,
): void {
  const [kind, ...words] = command;
  const shaped = kind === "CMD" ? words.length > 0 : kind === "CMD-SHELL" && words.length === 1;
  if (!shaped)
    throw refused(
      `Invalid health check command for container '${name}': it must be a list that begins with CMD, or CMD-SHELL and one text.`,
    );
  const limits = [
    ["interval", interval, 5, 300],
    ["timeout", timeout, 2, 120],
    ["retries", retries, 1, 10],
    ["startPeriod", startPeriod, 0, 300],
  ] as const;
  for (const [key, value, least, most] of limits) {
    if (value < least || value > most)
      throw refused(`Health check ${key} of container '${name}' must be between ${least} and ${most}, not ${value}.`);
  }
}

function checkLogs({ name, logConfiguration }: ContainerDefinition, { requiresCompatibilities }: Registration): void {
  if (logConfiguration === undefined) return;
  const { logDriver, options } = logConfiguration;
  const fargate = requiresCompatibilities.includes("FARGATE");
  const drivers = ["awslogs", ...(fargate ? [] : ["json-file", "none"])];
  if (!drivers.includes(logDriver))
    throw refused(
      `Log driver '${logDriver}' of container '${name}' is not imitated by the embedded cloud, or not supported by the launch type: ${drivers.join(", ")} are.`,
    );
  if (logDriver !== "awslogs") return;
  for (const key of ["awslogs-group", "awslogs-region", ...(fargate ? ["awslogs-stream-prefix"] : [])]) {
    if (!options[key]) throw refused(`Log driver awslogs requires options: ${key}`);
  }
}

function checkUlimits({ name, ulimits }: ContainerDefinition): void {
  for (const { name: limit, softLimit, hardLimit } of ulimits) {
    if (softLimit > hardLimit && hardLimit !== -1)
      throw refused(`Invalid ulimit '${limit}' of container '${name}': its soft limit is above its hard limit.`);
  }
}

function checkSizes({ cpu, memory, containerDefinitions }: Registration): void {
  for (const [key, text] of [
    ["cpu", cpu],
    ["memory", memory],
  ] as const) {
    if (text !== undefined && !/^[1-9]\d*$/.test(text)) throw refused(`Invalid '${key}' setting for task.`);
  }
  const reserved = containerDefinitions.reduce((sum, each) => sum + each.cpu, 0);
  if (cpu !== undefined && reserved > Number(cpu))
    throw refused(`Invalid 'cpu' setting for task: its containers reserve ${reserved} units, more than its ${cpu}.`);
  const needed = containerDefinitions.reduce((sum, each) => sum + (each.memoryReservation ?? each.memory ?? 0), 0);
  if (memory !== undefined && needed > Number(memory))
    throw refused(`Invalid 'memory' setting for task: its containers reserve ${needed} MiB, more than its ${memory}.`);
  const large = containerDefinitions.find((each) => memory !== undefined && (each.memory ?? 0) > Number(memory));
  if (large)
    throw refused(
      `Invalid setting for container '${large.name}'. Its memory of ${large.memory} MiB is more than the task's ${memory}.`,
    );
}

function checkPortNames(containers: readonly ContainerDefinition[]): void {
  const names = containers.flatMap(({ portMappings }) => portMappings.flatMap(({ name }) => name ?? []));
  for (const [index, name] of names.entries()) {
    if (!/^[a-z0-9_][a-z0-9_-]{0,63}$/.test(name))
      throw refused(
        `Invalid port mapping name '${name}': up to 64 lower-case letters, digits, underscores and hyphens are allowed, and no hyphen at the beginning.`,
      );
    if (names.indexOf(name) < index)
      throw refused(`Port mapping names must be unique in a task definition: '${name}' is there twice.`);
  }
}

function range(first: number, last: number, step: number): number[] {
  return Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step);
}

function unsupported(what: string): AwsError {
  return refused(`Fargate compatible task definitions do not support ${what}`);
}

function refused(message: string): AwsError {
  return new AwsError("ClientException", message);
}
