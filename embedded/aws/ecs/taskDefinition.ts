/**
 * A task definition as ECS describes it, checked and with ECS's own defaults:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html. Lists are never absent.
 */
export interface TaskDefinition {
  /** `arn:aws:ecs:<region>:<account>:task-definition/<family>:<revision>` */
  readonly taskDefinitionArn: string;
  readonly family: string;
  /** From 1, never used again in its family. */
  readonly revision: number;
  /** Of an inactive one nothing new starts; what runs goes on, and its services may replace and scale their tasks. */
  readonly status: "ACTIVE" | "INACTIVE";
  readonly containerDefinitions: readonly ContainerDefinition[];
  readonly volumes: readonly Volume[];
  readonly networkMode: NetworkMode;
  readonly requiresCompatibilities: readonly LaunchType[];
  /** Where it could run. */
  readonly compatibilities: readonly LaunchType[];
  /** Units of 1/1024 vCPU: `256`. Always there for Fargate. */
  readonly cpu?: string;
  /** MiB: `512`. Always there for Fargate. */
  readonly memory?: string;
  /** Role with whose rights images are pulled, secrets read and logs written. */
  readonly executionRoleArn?: string;
  /** Role that the containers themselves have. */
  readonly taskRoleArn?: string;
  readonly pidMode?: "host" | "task";
  readonly ipcMode?: "host" | "task" | "none";
  readonly ephemeralStorage?: { readonly sizeInGiB: number };
  readonly runtimePlatform?: { readonly cpuArchitecture?: string; readonly operatingSystemFamily?: string };
  readonly placementConstraints: readonly { readonly type: string; readonly expression?: string }[];
  readonly enableFaultInjection: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Seconds since 1970, with a fraction, as all times of AWS's JSON APIs. */
  readonly registeredAt: number;
  readonly deregisteredAt?: number;
}

export type NetworkMode = "awsvpc" | "bridge" | "host" | "none";
export type LaunchType = "EC2" | "FARGATE";

export interface NameValue {
  readonly name: string;
  readonly value: string;
}

export interface ValueFrom {
  readonly name: string;
  /** ARN of a secret or parameter: see `Surroundings.secret`. */
  readonly valueFrom: string;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly repositoryCredentials?: { readonly credentialsParameter: string };
  /** Units of 1/1024 vCPU. 0 = none reserved. */
  readonly cpu: number;
  /** Hard limit, MiB. */
  readonly memory?: number;
  /** Soft limit, MiB. */
  readonly memoryReservation?: number;
  /** Bridge mode only: `name` or `name:alias`. */
  readonly links: readonly string[];
  readonly portMappings: readonly PortMapping[];
  /** When it stops, the task does. */
  readonly essential: boolean;
  readonly restartPolicy?: {
    readonly enabled: boolean;
    readonly ignoredExitCodes: readonly number[];
    /** Seconds that it must have run to be restarted. */
    readonly restartAttemptPeriod: number;
  };
  /** Absent: the image's own. */
  readonly entryPoint?: readonly string[];
  /** Absent: the image's own. */
  readonly command?: readonly string[];
  readonly environment: readonly NameValue[];
  readonly mountPoints: readonly MountPoint[];
  readonly volumesFrom: readonly { readonly sourceContainer: string; readonly readOnly: boolean }[];
  readonly linuxParameters?: LinuxParameters;
  readonly secrets: readonly ValueFrom[];
  readonly dependsOn: readonly Dependency[];
  /** Seconds that its dependencies may take. */
  readonly startTimeout?: number;
  /** Seconds between SIGTERM and SIGKILL. @default 30, where absent */
  readonly stopTimeout?: number;
  readonly hostname?: string;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly disableNetworking: boolean;
  readonly privileged: boolean;
  readonly readonlyRootFilesystem: boolean;
  readonly dnsServers: readonly string[];
  readonly dnsSearchDomains: readonly string[];
  readonly extraHosts: readonly { readonly hostname: string; readonly ipAddress: string }[];
  readonly dockerSecurityOptions: readonly string[];
  readonly interactive: boolean;
  readonly pseudoTerminal: boolean;
  readonly dockerLabels: Readonly<Record<string, string>>;
  readonly ulimits: readonly { readonly name: string; readonly softLimit: number; readonly hardLimit: number }[];
  readonly logConfiguration?: LogConfiguration;
  readonly healthCheck?: HealthCheck;
  readonly systemControls: readonly { readonly namespace: string; readonly value: string }[];
}

export interface PortMapping {
  /** By which Service Connect knows it. */
  readonly name?: string;
  readonly containerPort: number;
  /** In awsvpc and host mode the container's. In bridge mode 0: a port from 32768 on. */
  readonly hostPort: number;
  readonly protocol: "tcp" | "udp";
  readonly appProtocol?: "http" | "http2" | "grpc";
}

export interface MountPoint {
  /** Name of a volume of the task. */
  readonly sourceVolume: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export interface Dependency {
  readonly containerName: string;
  readonly condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY";
}

export interface LogConfiguration {
  /** `awslogs` is the only one that goes to a log group. */
  readonly logDriver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly secretOptions: readonly ValueFrom[];
}

/** With ECS's defaults filled in. All times in seconds. */
export interface HealthCheck {
  /** `["CMD", ...]` or `["CMD-SHELL", "..."]` */
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
}

export interface LinuxParameters {
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly devices: readonly {
    readonly hostPath: string;
    readonly containerPath?: string;
    readonly permissions: readonly string[];
  }[];
  readonly initProcessEnabled: boolean;
  /** MiB. */
  readonly sharedMemorySize?: number;
  /** MiB. */
  readonly maxSwap?: number;
  readonly swappiness?: number;
  /** Sizes in MiB. */
  readonly tmpfs: readonly {
    readonly containerPath: string;
    readonly size: number;
    readonly mountOptions: readonly string[];
  }[];
}

/** A volume of a task; with neither of the kinds below it is empty at first, shared by the task's containers, and goes with it. */
export interface Volume {
  readonly name: string;
  /** EC2 only. An empty text, or absent: the task's own. */
  readonly host?: { readonly sourcePath?: string };
  /** EC2 only. */
  readonly dockerVolumeConfiguration?: {
    readonly scope: "task" | "shared";
    readonly autoprovision: boolean;
    readonly driver: string;
    readonly driverOpts: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly efsVolumeConfiguration?: EfsVolume;
  readonly s3filesVolumeConfiguration?: S3FilesVolume;
}

export interface EfsVolume {
  readonly fileSystemId: string;
  readonly rootDirectory: string;
  readonly transitEncryption: "ENABLED" | "DISABLED";
  readonly transitEncryptionPort?: number;
  readonly authorizationConfig?: { readonly accessPointId?: string; readonly iam: "ENABLED" | "DISABLED" };
}

export interface S3FilesVolume {
  readonly fileSystemArn: string;
  readonly rootDirectory: string;
  readonly accessPointArn?: string;
  readonly transitEncryptionPort?: number;
}
