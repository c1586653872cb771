import type { ContainerDefinition, TaskDefinition, Volume } from "../../ecs/taskDefinition.ts";
import { parseArn } from "../../names.ts";
import type { FileSystems } from "../files/fileSystems.ts";
import type { Image, Images } from "../images.ts";
import { type LogTarget, type Surroundings, TaskFailure, type TaskPlace } from "../model.ts";
import type { VolumeSource } from "./containerSpec.ts";
import type { TaskRecord } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";
import { cannotPull } from "./words.ts";

/** What a container is given, looked up with the rights of its task's roles. Never kept. */
export interface PreparedContainer {
  readonly image: Image;
  readonly secrets: Readonly<Record<string, string>>;
  readonly log?: LogTarget;
}

export interface Prepared {
  /** By container; a failure where it cannot be had and the task may do without. */
  readonly containers: ReadonlyMap<string, PreparedContainer | TaskFailure>;
  readonly volumes: ReadonlyMap<string, VolumeSource>;
  /** Names of the containers that stand for access points. */
  readonly access: readonly string[];
}

interface Means {
  readonly surroundings: Surroundings;
  readonly images: Images;
  readonly files: FileSystems;
  readonly sandbox: Sandbox;
}

/**
 * Gets all that a task needs before its first container starts, in Fargate's order: secrets, file systems, logs, images.
 * @throws {TaskFailure} where the task cannot do without
 */
export async function prepare(means: Means, record: TaskRecord, definition: TaskDefinition): Promise<Prepared> {
  const { surroundings } = means;
  const { place, demanded } = record;
  const all = definition.containerDefinitions;
  const denied = all.find(({ name }) => demanded[name] === "accessDenied");
  if (denied) throw new TaskFailure(accessDenied(definition, place), denied.name);
  const secrets = new Map(
    all.map((container) => [
      container.name,
      Object.fromEntries(
        container.secrets.map(({ name, valueFrom }) => [name, surroundings.secret(valueFrom, definition, place)]),
      ),
    ]),
  );
  const opened = await Promise.all(definition.volumes.map(async (volume) => open(means, record, definition, volume)));
  const logs = new Map(
    all.map(({ name, logConfiguration: log }) => [
      name,
      log?.logDriver === "awslogs" ? surroundings.logTarget(log.options, definition, place) : undefined,
    ]),
  );
  const containers = await Promise.all(
    all.map(async (container): Promise<[string, PreparedContainer | TaskFailure]> => {
      const image = await pull(means, record, definition, container).catch((error: unknown) => {
        if (!(error instanceof TaskFailure) || container.essential) throw error;
        return error;
      });
      if (image instanceof TaskFailure) return [container.name, image];
      const log = logs.get(container.name);
      return [container.name, { image, secrets: secrets.get(container.name) ?? {}, ...(log ? { log } : {}) }];
    }),
  );
  return {
    containers: new Map(containers),
    volumes: new Map(opened.map(({ name, source }) => [name, source])),
    access: opened.flatMap(({ server }) => server ?? []),
  };
}

async function pull(
  { surroundings, images }: Means,
  { place, demanded }: TaskRecord,
  definition: TaskDefinition,
  { name, image, repositoryCredentials }: ContainerDefinition,
): Promise<Image> {
  try {
    if (demanded[name] === "imageNotFound") throw new TaskFailure(cannotPull(place.launchType, image, "not found"));
    const login = repositoryCredentials?.credentialsParameter;
    return await images.get(surroundings.image(image, definition, place, login), image, place.launchType);
  } catch (error) {
    if (!(error instanceof TaskFailure) || error.container !== undefined) throw error;
    throw new TaskFailure(error.message, name, error.stopCode);
  }
}

async function open(
  { surroundings, files, sandbox }: Means,
  { place, task }: TaskRecord,
  definition: TaskDefinition,
  volume: Volume,
): Promise<{ name: string; source: VolumeSource; server?: string }> {
  const { name, efsVolumeConfiguration, s3filesVolumeConfiguration, dockerVolumeConfiguration: own, host } = volume;
  const fileSystem = efsVolumeConfiguration ?? s3filesVolumeConfiguration;
  if (fileSystem) {
    const mount = surroundings.fileSystem(fileSystem, definition, place);
    return { name, ...(await files.open(mount, task.taskArn)) };
  }
  if (host?.sourcePath) return { name, source: { kind: "folder", path: host.sourcePath, readOnly: false } };
  if (own?.scope === "shared") {
    const shared = `retrofit-aws-${surroundings.id}-shared-${name}`;
    await sandbox.createVolume(shared, { shared: true, driver: own.driver, options: own.driverOpts });
    return { name, source: { kind: "volume", name: shared, copy: true } };
  }
  const made = sandbox.name(name);
  await sandbox.createVolume(made, own ? { driver: own.driver, options: own.driverOpts } : {});
  return { name, source: { kind: "volume", name: made, copy: true } };
}

function accessDenied({ executionRoleArn = "" }: TaskDefinition, { taskId = "" }: TaskPlace): string {
  const { account = "", rest = "" } = parseArn(executionRoleArn) ?? {};
  const role = `arn:aws:sts::${account}:assumed-${rest}/${taskId}`;
  return `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User: ${role} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action`;
}
