import type { NetworkConfiguration } from "./service.ts";
import type { LaunchType, TaskDefinition } from "./taskDefinition.ts";

export type StopCode =
  | "TaskFailedToStart"
  | "EssentialContainerExited"
  | "UserInitiated"
  | "ServiceSchedulerInitiated"
  | "SpotInterruption"
  | "TerminationNotice";

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html */
export interface Task {
  /** `arn:aws:ecs:<region>:<account>:task/<cluster>/<32 hexadecimal digits>` */
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  /** `service:<name>` or `family:<family>` */
  readonly group: string;
  /** Id of the deployment that started it, or what RunTask was told. */
  readonly startedBy?: string;
  readonly launchType: LaunchType;
  readonly platformVersion?: string;
  readonly containerInstanceArn?: string;
  readonly availabilityZone: string;
  readonly cpu: string;
  readonly memory: string;
  readonly lastStatus:
    | "PROVISIONING"
    | "PENDING"
    | "ACTIVATING"
    | "RUNNING"
    | "DEACTIVATING"
    | "STOPPING"
    | "DEPROVISIONING"
    | "STOPPED";
  readonly desiredStatus: "RUNNING" | "STOPPED";
  readonly healthStatus: "HEALTHY" | "UNHEALTHY" | "UNKNOWN";
  readonly connectivity?: "CONNECTED" | "DISCONNECTED";
  readonly containers: readonly Container[];
  readonly attachments: readonly Attachment[];
  readonly overrides: TaskOverride;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly version: number;
  readonly createdAt: number;
  readonly pullStartedAt?: number;
  readonly pullStoppedAt?: number;
  readonly connectivityAt?: number;
  readonly startedAt?: number;
  readonly stoppingAt?: number;
  readonly executionStoppedAt?: number;
  readonly stoppedAt?: number;
  readonly stopCode?: StopCode;
  readonly stoppedReason?: string;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html */
export interface Container {
  readonly containerArn: string;
  readonly taskArn: string;
  readonly name: string;
  readonly image: string;
  /** `sha256:...` of what runs. */
  readonly imageDigest?: string;
  /** Fargate's is no Docker id, but looks like `<task id>-<10 digits>`. */
  readonly runtimeId?: string;
  readonly lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  readonly exitCode?: number;
  /** `OutOfMemoryError: Container killed due to memory usage`, `CannotPullContainerError: ...` */
  readonly reason?: string;
  readonly healthStatus: "HEALTHY" | "UNHEALTHY" | "UNKNOWN";
  readonly networkBindings: readonly {
    readonly bindIP: string;
    readonly containerPort: number;
    readonly hostPort: number;
    readonly protocol: "tcp" | "udp";
  }[];
  readonly networkInterfaces: readonly { readonly attachmentId: string; readonly privateIpv4Address: string }[];
  readonly cpu: string;
  readonly memory?: string;
  readonly memoryReservation?: string;
}

export interface Attachment {
  readonly id: string;
  readonly type: "ElasticNetworkInterface" | "Service Connect";
  readonly status: string;
  readonly details: readonly { readonly name: string; readonly value: string }[];
}

export interface TaskOverride {
  readonly containerOverrides: readonly {
    readonly name: string;
    readonly command?: readonly string[];
    readonly environment?: readonly { readonly name: string; readonly value: string }[];
    readonly cpu?: number;
    readonly memory?: number;
    readonly memoryReservation?: number;
  }[];
  readonly cpu?: string;
  readonly memory?: string;
  readonly executionRoleArn?: string;
  readonly taskRoleArn?: string;
  readonly ephemeralStorage?: { readonly sizeInGiB: number };
}

/** What a task is run with: checked already, all of it exists. */
export interface RunTask {
  readonly clusterArn: string;
  readonly taskDefinition: TaskDefinition;
  readonly count: number;
  readonly launchType: LaunchType;
  readonly platformVersion?: string;
  readonly network?: NetworkConfiguration;
  readonly overrides: TaskOverride;
  readonly group: string;
  readonly startedBy?: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}
