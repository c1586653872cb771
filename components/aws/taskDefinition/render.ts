import type { App, Service } from "../../../compose/model.ts";
import { UserError } from "../../../userError.ts";
import { type ContainerContext, containerDefinition, preparationDefinition } from "./container.ts";
import type {
  ContainerDefinition,
  Plan,
  PlannedService,
  RenderInputs,
  Task,
  TaskDefinition,
  TaskVolume,
} from "./model.ts";
import { ecsName } from "./names.ts";
import { fargateSize, type Size, wantedSize } from "./size.ts";
import type { MountedVolume } from "./storage.ts";

/** Bytes that ECS takes for a task definition. */
const longestDefinition = 65_536;

/** Name of the family of a task: on EC2, where there is one, the app's. */
export function familyOf(plan: Pick<Plan, "launchType">, task: Pick<Task, "name">, family: string): string {
  return plan.launchType === "ec2" ? family : `${family}-${ecsName(task.name)}`;
}

/** A task definition as `aws ecs register-task-definition --cli-input-json` takes it. */
export function taskDefinition(app: App, plan: Plan, task: Task, inputs: RenderInputs): TaskDefinition {
  const { launchType } = plan;
  const services = task.services.map((name) => app.services.get(name) as Service);
  const planned = task.services.map((name) => plan.services.get(name) as PlannedService);
  const volumes = planned.flatMap(({ storage }) => storage.volumes);
  const names = new Map(volumes.map((volume) => [volume.name, volumeName(volume, inputs)]));
  const size = launchType === "fargate" ? taskSize(services) : undefined;
  const common = {
    launchType,
    volumeName: (name: string) => names.get(name) as string,
    valueFrom: (key: string) => found(inputs.secrets, key, "secret"),
    logConfiguration: logConfiguration(task, inputs),
  };
  const of = (image: string) => ({ image, credentials: loginFor(image, inputs) });
  const containers: ContainerDefinition[] = services.map((service, index) =>
    containerDefinition(service, {
      ...common,
      ...of(found(inputs.images, service.name, "image")),
      app,
      planned: planned[index] as PlannedService,
      taskSize: size,
    } satisfies ContainerContext),
  );
  if (task.preparation !== undefined) {
    const image = inputs.preparation;
    if (image === undefined) throw new Error(`No image was given that prepares the volumes of ${task.name}`);
    containers.push(preparationDefinition(planned, { ...common, ...of(image) }));
  }
  return short(task, {
    family: familyOf(plan, task, inputs.family),
    taskRoleArn: inputs.taskRoleArn,
    executionRoleArn: inputs.executionRoleArn,
    networkMode: launchType === "fargate" ? "awsvpc" : "bridge",
    containerDefinitions: containers.sort((a, b) => (a.name < b.name ? -1 : 1)),
    volumes: taskVolumes(volumes, plan, inputs),
    placementConstraints: [],
    requiresCompatibilities: launchType === "fargate" ? ["FARGATE"] : ["EC2"],
    ...(size === undefined ? {} : { cpu: `${size.cpu}`, memory: `${size.memory}` }),
    runtimePlatform: { cpuArchitecture: task.architecture, operatingSystemFamily: "LINUX" },
  });
}

function taskSize(services: readonly Service[]): Size {
  const [service] = services as [Service];
  // One that no size holds was refused with the plan.
  return fargateSize(wantedSize(service.resources)) as Size;
}

/** On EC2 a volume without a file system is one of the instance's Docker, which other apps' tasks may share. */
function volumeName({ name, kept }: MountedVolume, { family, fileSystems }: RenderInputs): string {
  return kept !== undefined && fileSystems[kept] === undefined ? `${ecsName(family)}-${name}` : name;
}

function taskVolumes(volumes: readonly MountedVolume[], plan: Plan, inputs: RenderInputs): TaskVolume[] {
  const byName = new Map(volumes.map((volume) => [volumeName(volume, inputs), volume]));
  return [...byName]
    .map(([name, volume]) => ({ name, ...volumeConfiguration(volume, plan, inputs) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function volumeConfiguration(
  { kept }: MountedVolume,
  { launchType }: Plan,
  inputs: RenderInputs,
): Omit<TaskVolume, "name"> {
  if (kept === undefined) {
    // Docker fills its own volumes from the image, and no others.
    if (launchType === "ec2") return { dockerVolumeConfiguration: { scope: "task", driver: "local" } };
    return { host: {} };
  }
  const fileSystem = inputs.fileSystems[kept];
  if (fileSystem === undefined) {
    if (launchType === "fargate") throw new Error(`No file system was made for the volume ${kept}`);
    return { dockerVolumeConfiguration: { scope: "shared", autoprovision: true, driver: "local" } };
  }
  if (fileSystem.kind === "s3files") {
    const { fileSystemArn, accessPointArn } = fileSystem;
    return {
      s3filesVolumeConfiguration: {
        fileSystemArn,
        rootDirectory: "/",
        ...(accessPointArn === undefined ? {} : { accessPointArn }),
      },
    };
  }
  return {
    efsVolumeConfiguration: {
      fileSystemId: fileSystem.fileSystemId,
      rootDirectory: "/",
      transitEncryption: "ENABLED",
      authorizationConfig: { accessPointId: fileSystem.accessPointId, iam: "ENABLED" },
    },
  };
}

/** An app that answers is worth more than a log that misses no line, when CloudWatch does not. */
function logConfiguration(task: Task, { logs }: RenderInputs): ContainerDefinition["logConfiguration"] {
  return {
    logDriver: "awslogs",
    options: {
      "awslogs-group": logs.group,
      "awslogs-region": logs.region,
      "awslogs-stream-prefix": ecsName(task.name),
      "max-buffer-size": "25m",
      mode: "non-blocking",
    },
  };
}

/** The login of the registry that an image comes from; ECR's is the execution role's. */
function loginFor(image: string, { logins = {} }: RenderInputs): string | undefined {
  const [first = "", ...rest] = image.split("/");
  const host = rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : "docker.io";
  return logins[host];
}

function found(values: Readonly<Record<string, string>>, key: string, what: string): string {
  const value = values[key];
  if (value === undefined) throw new Error(`No ${what} was given for ${key}`);
  return value;
}

function short(task: Task, definition: TaskDefinition): TaskDefinition {
  const length = Buffer.byteLength(JSON.stringify(definition));
  if (length <= longestDefinition) return definition;
  throw new UserError([
    {
      where: `The task definition of ${task.name}`,
      what: `it has ${length} bytes, and ECS takes ${longestDefinition}`,
      mend: "Put long environment values into files of the image, and files that are bound below a volume elsewhere",
    },
  ]);
}
