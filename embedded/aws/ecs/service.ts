import type { LaunchType } from "./taskDefinition.ts";

export interface NetworkConfiguration {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

/** What a service is to be, as its owner last said. */
export interface ServiceSpec {
  /** `arn:aws:ecs:<region>:<account>:service/<cluster>/<name>` */
  readonly serviceArn: string;
  readonly serviceName: string;
  readonly clusterArn: string;
  readonly taskDefinition: string;
  readonly desiredCount: number;
  readonly launchType: LaunchType;
  readonly platformVersion: string;
  /** awsvpc only. */
  readonly network?: NetworkConfiguration;
  readonly loadBalancers: readonly {
    readonly targetGroupArn: string;
    readonly containerName: string;
    readonly containerPort: number;
  }[];
  readonly serviceConnect?: ServiceConnect;
  /** Seconds during which the load balancer's checks do not count against a task. */
  readonly healthCheckGracePeriod: number;
  /** Percent of the desired count. */
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly circuitBreaker: { readonly enable: boolean; readonly rollback: boolean };
  readonly availabilityZoneRebalancing: boolean;
  /** Its tasks take the tags of... */
  readonly propagateTags?: "SERVICE" | "TASK_DEFINITION";
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

export interface ServiceConnect {
  /** ARN of the namespace. */
  readonly namespace: string;
  /** What it offers; empty for one that is a client only. */
  readonly services: readonly {
    /** Of a port mapping. */
    readonly portName: string;
    readonly discoveryName: string;
    readonly clientAliases: readonly { readonly dnsName: string; readonly port: number }[];
    readonly ingressPortOverride?: number;
    /** Seconds; 0 = none. */
    readonly idleTimeout?: number;
    readonly perRequestTimeout?: number;
  }[];
  /** Of its proxy. */
  readonly logConfiguration?: { readonly logDriver: string; readonly options: Readonly<Record<string, string>> };
}

/** A machine of a cluster, for the launch type EC2. Its ports are shared by all tasks on it. */
export interface ContainerInstance {
  readonly containerInstanceArn: string;
  readonly clusterArn: string;
  readonly ec2InstanceId: string;
  /** Units of 1/1024 vCPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  readonly subnetId?: string;
  readonly securityGroups: readonly string[];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html */
export interface Deployment {
  /** `ecs-svc/<19 digits>` */
  readonly id: string;
  readonly status: "PRIMARY" | "ACTIVE" | "INACTIVE";
  readonly taskDefinition: string;
  readonly desiredCount: number;
  readonly pendingCount: number;
  readonly runningCount: number;
  readonly failedTasks: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly launchType: LaunchType;
  readonly platformVersion?: string;
  readonly rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  readonly rolloutStateReason: string;
}

/** What a service is at the moment. */
export interface ServiceStatus {
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE";
  readonly runningCount: number;
  readonly pendingCount: number;
  /** The primary one first. */
  readonly deployments: readonly Deployment[];
  /** Newest first, 100 at most. */
  readonly events: readonly { readonly id: string; readonly createdAt: number; readonly message: string }[];
}

/** For auto scaling; undefined where nothing is known yet. */
export interface ServiceMetrics {
  /** Percent of what its tasks have reserved, within a second. */
  readonly cpu?: number;
  readonly memory?: number;
  /** Requests for each healthy target, by target group, within the time that was asked of. */
  readonly requestsPerTarget: Readonly<Record<string, number>>;
}
