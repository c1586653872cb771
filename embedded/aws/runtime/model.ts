/**
 * What the cloud's state gives to the runtime (`Surroundings`) and what the runtime does and reports (`Runtime`). Shapes are
 * those of AWS's APIs wherever these show them, so that the API answers with them as they are; times are seconds since 1970.
 */
import type Docker from "dockerode";
import type { Certificate, Listener, LoadBalancer, TargetGroup, TargetHealth } from "../balancing/model.ts";
import type { ContainerInstance, ServiceMetrics, ServiceSpec, ServiceStatus } from "../ecs/service.ts";
import type { RunTask, StopCode, Task } from "../ecs/task.ts";
import type { EfsVolume, LaunchType, S3FilesVolume, TaskDefinition } from "../ecs/taskDefinition.ts";
import type { Logs } from "../logs.ts";

/** One end of a connection, to be judged by security groups. */
export interface Endpoint {
  /** None: what is outside of the VPC. */
  readonly securityGroups: readonly string[];
  /** IPv4 that rules see. Of the world outside: `0.0.0.0`, of which no narrower rule lets anything in. */
  readonly address: string;
}

/** Where a task is. */
export interface TaskPlace {
  /** Last part of its ARN: names the session of its roles in errors. */
  readonly taskId?: string;
  readonly launchType: LaunchType;
  /** One of the network configuration's subnets; absent where the mode is not awsvpc. */
  readonly subnetId?: string;
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

/** What a volume of a file system is, once access to it has been granted. */
export interface FileSystemMount {
  /** `fs-0...`: names its folder. */
  readonly fileSystemId: string;
  /** Folder within it that the container sees as the whole: of the access point, or of the volume. */
  readonly path: string;
  /** As whom everything is done, whoever the container's user is. */
  readonly posixUser?: { readonly uid: number; readonly gid: number; readonly secondaryGids: readonly number[] };
  /** How the folder is made where it is not there; without it a missing folder is an error. */
  readonly creation?: { readonly uid: number; readonly gid: number; readonly permissions: string };
  /** Whether nothing may be written: by the rights of the task's role. */
  readonly readOnly: boolean;
  /** Whether root in the container is root on the file system. */
  readonly rootAccess: boolean;
}

/** Where an image is to be had. */
export interface ImageSource {
  /** Its name at the local registry: `127.0.0.1:5050/<account>.dkr.ecr.<region>.amazonaws.com/app/web@sha256:...` */
  readonly reference: string;
  /** Its name at this machine's engine, which serves where the registry does not have it. Never for ECR. */
  readonly local?: string;
}

/** Where the lines of a container go. */
export interface LogTarget {
  readonly logGroupName: string;
  /** What the stream's name begins with; Fargate's is `<prefix>/<container>/<task id>`. */
  readonly streamPrefix?: string;
  readonly datetimeFormat?: string;
  readonly multilinePattern?: string;
}

/** A task cannot start, or not go on, for a reason that AWS words like this. */
export class TaskFailure extends Error {
  /** `TaskFailedToStart`, ... */
  readonly stopCode: StopCode;
  /** Name of the container to which `reason` is shown, beside the task. */
  readonly container?: string;

  /** @param reason such as `ResourceInitializationError: unable to pull secrets or registry auth: ...` */
  constructor(reason: string, container?: string, stopCode: StopCode = "TaskFailedToStart") {
    super(reason);
    this.name = "TaskFailure";
    this.stopCode = stopCode;
    if (container !== undefined) this.container = container;
  }
}

/** What is to go wrong with a container, on demand. */
export type DemandedFailure = "imageNotFound" | "outOfMemory" | "neverHealthy" | "accessDenied";

/** Kept on disk at once, whole, so that a killed daemon finds it again. Values are plain JSON. */
export interface Records<T> {
  get(id: string): T | undefined;
  all(): readonly T[];
  put(id: string, value: T): void;
  remove(id: string): void;
}

/** All that the runtime is given. What it looks up is what is in the cloud at that moment. */
export interface Surroundings {
  /** Of the cloud, 8 hexadecimal digits: for labels and names of what it makes in Docker. */
  readonly id: string;
  /** The cloud's; the runtime keeps its own under `runtime/`, `files/` and `logs/` of it. */
  readonly folder: string;
  readonly docker: Docker;
  readonly log: (line: string) => void;
  /** A table of the runtime's own. @param name such as `tasks` */
  records<T>(name: string): Records<T>;

  taskDefinition(arn: string): TaskDefinition | undefined;
  services(): readonly ServiceSpec[];
  service(arn: string): ServiceSpec | undefined;
  containerInstances(clusterArn: string): readonly ContainerInstance[];
  loadBalancers(): readonly LoadBalancer[];
  listeners(loadBalancerArn: string): readonly Listener[];
  targetGroup(arn: string): TargetGroup | undefined;
  certificate(arn: string): Certificate | undefined;
  /** `example.internal` of a namespace's ARN. */
  namespaceName(arn: string): string | undefined;
  subnet(
    id: string,
  ): { readonly vpcId: string; readonly cidrBlock: string; readonly availabilityZone: string } | undefined;

  /** Whether security groups let a connection through: out of the one end and into the other. */
  allows(from: Endpoint, to: Endpoint, port: number, protocol: "tcp" | "udp"): boolean;

  /**
   * What has to be pulled for an image name, with the rights of the execution role. Here and below, `definition` is the task's
   * definition with the roles that RunTask may have put in place of its own.
   * @param login ARN of a secret with the registry's `username` and `password`
   * @throws {TaskFailure} as ECS words it
   */
  image(image: string, definition: TaskDefinition, place: TaskPlace, login?: string): ImageSource;
  /** Value of a secret, or of a field of it (`<arn>:<field>:<stage>:<version>`). @throws {TaskFailure} */
  secret(valueFrom: string, definition: TaskDefinition, place: TaskPlace): string;
  /** Where the logs of an `awslogs` configuration go; makes the group where that is asked for. @throws {TaskFailure} */
  logTarget(options: Readonly<Record<string, string>>, definition: TaskDefinition, place: TaskPlace): LogTarget;
  /** Access to a file system. @throws {TaskFailure} */
  fileSystem(volume: EfsVolume | S3FilesVolume, definition: TaskDefinition, place: TaskPlace): FileSystemMount;
  /** The failure demanded of a container that is about to start; each call counts as one use. */
  failure(about: {
    readonly service?: string;
    readonly family: string;
    readonly container: string;
  }): DemandedFailure | undefined;

  /** A deployment was rolled back: from now on the service is this. */
  rolledBack(serviceArn: string, taskDefinitionArn: string): void;
}

/** Runs tasks and services as real containers, and what serves them. */
export interface Runtime {
  readonly logs: Logs;
  /** Goes on with what ran when the last daemon ended, and removes what nobody knows any more. */
  start(): Promise<void>;
  /** Ends listening and watching. Containers go on, unless `tasks`: then they stop, and start again with the next `start`. */
  stop(tasks: boolean): Promise<void>;
  /** Removes all that it has in Docker and on disk: the cloud is empty. */
  dispose(): Promise<void>;

  /** Starts tasks. They are in `tasks()` when it resolves, and are then started in the background. */
  runTask(request: RunTask): Promise<readonly Task[]>;
  /** @throws where there is no such task */
  stopTask(taskArn: string, reason: string): Promise<Task>;
  /** Those that are not stopped, and those that stopped within the last hour. */
  tasks(): readonly Task[];

  /**
   * The service is new or has changed in the state. A change of task definition, network, load balancers or Service Connect, and
   * `force`, make a new deployment; any other takes effect at once. Resolves when it is taken note of, not when it is steady.
   */
  serviceChanged(serviceArn: string, force: boolean): void;
  /** The service is to go: stops its tasks, and resolves when they are gone. It is still in the state. */
  serviceRemoved(serviceArn: string): Promise<void>;
  serviceStatus(serviceArn: string): ServiceStatus;
  /** @param seconds over which requests are counted, @default 60, which is the most */
  serviceMetrics(serviceArn: string, seconds?: number): Promise<ServiceMetrics>;

  /**
   * Load balancers, listeners, target groups, certificates or security groups have changed: listens and proxies as they now say.
   * Resolves when it does. @throws where it cannot listen
   */
  balancingChanged(): Promise<void>;
  targetHealth(targetGroupArn: string): readonly TargetHealth[];

  /** A file system was deleted: removes its files. */
  fileSystemRemoved(fileSystemId: string): Promise<void>;
}

/** What `runtime/runtime.ts` exports as `createRuntime`. */
export type CreateRuntime = (surroundings: Surroundings) => Runtime;
