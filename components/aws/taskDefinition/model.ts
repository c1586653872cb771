import type { Build, Finding, SecretText } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import type { ContextEntry } from "../../buildContext.ts";
import type { Storage } from "./storage.ts";

export type { LaunchType } from "../../../compose/reading.ts";

/*
 * An app becomes task definitions in two steps, both pure:
 *   plan.ts    planTasks(app, options): Plan                        before anything is made; throws UserError with all that ECS cannot run
 *   render.ts  taskDefinition(app, plan, task, inputs): TaskDefinition   once names and ARNs are known
 * Between them the program makes what the plan asks for: secrets, file systems, and derived images (components/buildContext.ts
 * writes the folder that `image.build` builds).
 */

export interface PlanOptions {
  /** On Fargate each service is a task of its own; on EC2 all of an app's containers are one task in bridge mode, with links. */
  readonly launchType: LaunchType;
  /** Absolute path of a folder of this stack's own, in which `writeContext` puts what derived images are built from. */
  readonly contexts: string;
  /** What the launch type's machines run, where a service's `platform` does not say. @default "X86_64" */
  readonly architecture?: Architecture;
}

export type Architecture = "X86_64" | "ARM64";

/** All of an app's deployment that is known before anything is made: no ARN, no digest, no secret value. */
export interface Plan {
  readonly launchType: LaunchType;
  /** Dependencies first. */
  readonly tasks: readonly Task[];
  /** Images to build beside the app's own, in any order. */
  readonly images: readonly DerivedImage[];
  /** Every secret to be kept in Secrets Manager, by its key, sorted. */
  readonly secrets: ReadonlyMap<string, SecretValue>;
  /** What outlives the tasks, by volume, sorted; on EC2 a volume without a file system is one on the instance. */
  readonly fileSystems: ReadonlyMap<string, FileSystem>;
  /** What the user should know: sizes that were rounded, health checks that ECS does not see, ports that nobody knows. */
  readonly warnings: readonly Finding[];
  /** What rendering has to know of each service. */
  readonly services: ReadonlyMap<string, PlannedService>;
}

export interface PlannedService {
  readonly storage: Storage;
  /** TCP ports on which the others reach it, sorted. */
  readonly listening: readonly number[];
}

/** What is one task definition. */
export interface Task {
  /** The service's name on Fargate, the app's on EC2. Unique in the plan. */
  readonly name: string;
  /** What its containers run on. */
  readonly architecture: Architecture;
  /** The services in it, dependencies first: one on Fargate, all on EC2. */
  readonly services: readonly string[];
  /**
   * Fargate: runs to its end once a release, by RunTask, and is no ECS service. Service Connect serves tasks of services only, so the names of
   * other services have to reach it another way. On EC2 jobs are containers of the task.
   */
  readonly job: boolean;
  /** Fargate: tasks that have to be there before, and in which state. Empty on EC2, where the task itself orders its containers. */
  readonly dependsOn: Readonly<Record<string, "started" | "healthy" | "completed">>;
  /** Fargate: what others reach it by, sorted by port. Empty: it is a client only. */
  readonly connect: readonly ConnectPort[];
  /** Name in `Plan.images` of the image of the container that prepares volumes; none where nothing is to be prepared. */
  readonly preparation?: string;
  /** File systems that it mounts, by volume: its role and security group must let it. Sorted. */
  readonly fileSystems: readonly string[];
  /** Keys of the secrets that its execution role must read. Sorted. */
  readonly secrets: readonly string[];
}

/** One port of a Service Connect service. */
export interface ConnectPort {
  /** Name of the port mapping: `tcp-5432`. */
  readonly portName: string;
  /** Port in the container, and the port under which clients reach it. */
  readonly port: number;
  /**
   * Host names by which the compose file knows the service: its own first, then container name and aliases, sorted. Service Connect takes one
   * alias an entry and one mapping a port: each further name is an entry of its own, with a discovery name of its own.
   */
  readonly dnsNames: readonly string[];
}

/** An image that is made from others for this target. */
export interface DerivedImage {
  /** For resource and repository: `nginx-with-files`, `prepare`, `prepare-db`. Unique in the plan. */
  readonly name: string;
  /** The service that runs it in the place of its own image; none for images that prepare volumes. */
  readonly service?: string;
  /** For `BuiltImage`: its named contexts `service:<name>` stand for the app's own images. */
  readonly build: Build;
  /** What `writeContext` puts into the folder of the build, by path in it. */
  readonly context: ReadonlyMap<string, ContextEntry>;
}

/** What a secret in Secrets Manager holds. */
export type SecretValue =
  | { readonly kind: "text"; readonly text: SecretText }
  /** Content of a file of this machine, as text; in base64 where it is no UTF-8. Never shown. */
  | { readonly kind: "file"; readonly content: string };

/** A file system's access point for a volume. Created with its folder, whose owner and permissions these are. */
export interface FileSystem {
  readonly storage: "disk" | "bucket";
  /** Folder in the file system. */
  readonly path: string;
  /**
   * As whom every access counts. None for `disk`: there the container's own users count, as on a disk, so that a database finds its folder its
   * own. The task needs `elasticfilesystem:ClientRootAccess` then.
   */
  readonly posixUser?: PosixUser;
  readonly creationInfo: { readonly ownerUid: number; readonly ownerGid: number; readonly permissions: string };
  /** Existing file system to use: the id of an EFS one, or the ARN of one of S3 Files. */
  readonly existing?: string;
}

export interface PosixUser {
  readonly uid: number;
  readonly gid: number;
}

/** What rendering takes beside the plan: names and ARNs of what was made, all plain text and none of it secret. */
export interface RenderInputs {
  /** Beginning of the family's name: `shop-dev`. The family is that and the task's name, or on EC2 that alone. */
  readonly family: string;
  /** Image of each service by digest, by service: the derived one where `Plan.images` has one. */
  readonly images: Readonly<Record<string, string>>;
  /** Image that prepares the task's volumes, where `Task.preparation` names one. */
  readonly preparation?: string;
  /** `valueFrom` of each secret, by key: ARN with version, `<arn>:::<version id>`, so that a new value is a new task definition. */
  readonly secrets: Readonly<Record<string, string>>;
  /** File system of each volume, by volume. */
  readonly fileSystems: Readonly<Record<string, MountedFileSystem>>;
  readonly executionRoleArn: string;
  /** Another one than the execution role. */
  readonly taskRoleArn: string;
  /** Where the containers log to; streams begin with the container's name. */
  readonly logs: { readonly group: string; readonly region: string };
  /** Secret with the login to a registry, by the registry's host (`docker.io`), for registries other than ECR. @default {} */
  readonly logins?: Readonly<Record<string, string>>;
}

export type MountedFileSystem =
  | { readonly kind: "efs"; readonly fileSystemId: string; readonly accessPointId: string }
  | { readonly kind: "s3files"; readonly fileSystemArn: string; readonly accessPointArn?: string };

/** What `aws ecs register-task-definition --cli-input-json` takes. Complete and in a canonical order: the same app renders the same text. */
export interface TaskDefinition {
  readonly family: string;
  readonly taskRoleArn: string;
  readonly executionRoleArn: string;
  readonly networkMode: "awsvpc" | "bridge";
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly volumes: readonly TaskVolume[];
  readonly placementConstraints: readonly [];
  readonly requiresCompatibilities: readonly ["FARGATE"] | readonly ["EC2"];
  /** CPU units, 1024 a CPU, as text. Fargate only. */
  readonly cpu?: string;
  /** MiB, as text. Fargate only. */
  readonly memory?: string;
  readonly runtimePlatform: { readonly cpuArchitecture: Architecture; readonly operatingSystemFamily: "LINUX" };
}

export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly repositoryCredentials?: { readonly credentialsParameter: string };
  /** CPU units. */
  readonly cpu: number;
  /** MiB, above which the container is killed. */
  readonly memory?: number;
  /** MiB. */
  readonly memoryReservation?: number;
  readonly links?: readonly string[];
  readonly portMappings: readonly PortMapping[];
  readonly essential: boolean;
  readonly restartPolicy?: {
    readonly enabled: boolean;
    readonly ignoredExitCodes?: readonly number[];
    readonly restartAttemptPeriod?: number;
  };
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: readonly NameValue[];
  readonly environmentFiles: readonly [];
  readonly mountPoints: readonly MountPoint[];
  readonly volumesFrom: readonly [];
  readonly linuxParameters?: LinuxParameters;
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly dependsOn?: readonly { readonly containerName: string; readonly condition: DependencyCondition }[];
  /** Seconds. */
  readonly stopTimeout: number;
  readonly hostname?: string;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly disableNetworking?: boolean;
  readonly privileged?: boolean;
  readonly readonlyRootFilesystem: boolean;
  readonly extraHosts?: readonly { readonly hostname: string; readonly ipAddress: string }[];
  readonly dockerSecurityOptions?: readonly string[];
  readonly interactive?: boolean;
  readonly pseudoTerminal?: boolean;
  readonly dockerLabels?: Readonly<Record<string, string>>;
  readonly ulimits?: readonly { readonly name: string; readonly softLimit: number; readonly hardLimit: number }[];
  readonly logConfiguration: { readonly logDriver: "awslogs"; readonly options: Readonly<Record<string, string>> };
  readonly healthCheck?: HealthCheck;
  readonly systemControls: readonly { readonly namespace: string; readonly value: string }[];
}

export type DependencyCondition = "START" | "HEALTHY" | "SUCCESS" | "COMPLETE";

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface PortMapping {
  /** For Service Connect. */
  readonly name?: string;
  readonly containerPort: number;
  readonly hostPort: number;
  readonly protocol: "tcp" | "udp";
}

export interface MountPoint {
  readonly sourceVolume: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export interface LinuxParameters {
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly devices?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly permissions: readonly string[];
  }[];
  readonly initProcessEnabled?: boolean;
  /** MiB. */
  readonly sharedMemorySize?: number;
  /** MiB. */
  readonly tmpfs?: readonly {
    readonly containerPath: string;
    readonly size: number;
    readonly mountOptions: readonly string[];
  }[];
}

/** Seconds. */
export interface HealthCheck {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod?: number;
}

export interface TaskVolume {
  readonly name: string;
  /** Empty: it lives as long as the task. */
  readonly host?: Readonly<Record<string, never>>;
  readonly dockerVolumeConfiguration?: {
    readonly scope: "task" | "shared";
    readonly autoprovision?: boolean;
    readonly driver: string;
    readonly driverOpts?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly efsVolumeConfiguration?: {
    readonly fileSystemId: string;
    readonly rootDirectory: string;
    readonly transitEncryption: "ENABLED";
    readonly authorizationConfig: { readonly accessPointId: string; readonly iam: "ENABLED" };
  };
  readonly s3filesVolumeConfiguration?: {
    readonly fileSystemArn: string;
    readonly rootDirectory?: string;
    readonly accessPointArn?: string;
  };
}
