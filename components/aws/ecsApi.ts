import { CloudWatchLogsClient, GetLogEventsCommand, ResourceNotFoundException } from "@aws-sdk/client-cloudwatch-logs";
import {
  type Service as ApiService,
  type Task as ApiTask,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type DesiredStatus,
  ECSClient,
  ListTasksCommand,
  TagResourceCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { releaseTag, type ServiceState, type TaskState } from "./ecsState.ts";

/** Every service of an app is asked after at once, which AWS throttles: the SDK then asks more slowly. */
const patience = { maxAttempts: 5, retryMode: "adaptive" };

/** What a release asks ECS and CloudWatch Logs, by the credentials that AWS's own tools use. */
export class EcsApi {
  readonly #ecs: ECSClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #cluster: string;

  /**
   * @param cluster name or ARN
   * @param profile of AWS's own configuration, undefined for the environment's
   */
  constructor(region: string, cluster: string, profile?: string) {
    this.#ecs = new ECSClient({ region, profile, ...patience });
    this.#logs = new CloudWatchLogsClient({ region, profile, ...patience });
    this.#cluster = cluster;
  }

  /** Undefined where there is none, or no longer. */
  async service(name: string): Promise<ServiceState | undefined> {
    const { services = [] } = await this.#ecs.send(
      new DescribeServicesCommand({ cluster: this.#cluster, services: [name], include: ["TAGS"] }),
    );
    const found = services.find(({ status }) => status === "ACTIVE");
    return found && serviceState(found);
  }

  /** A service's tasks that are to run, or those that stopped within the last hour. */
  async tasks(serviceName: string, desiredStatus: DesiredStatus): Promise<TaskState[]> {
    const cluster = this.#cluster;
    const { taskArns = [] } = await this.#ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus }));
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await this.#ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
    return tasks.map(taskState);
  }

  async scale(service: string, desiredCount: number): Promise<void> {
    await this.#ecs.send(new UpdateServiceCommand({ cluster: this.#cluster, service, desiredCount }));
  }

  /** Starts a service's tasks anew, as a deployment of its own. */
  async redeploy(service: string): Promise<void> {
    await this.#ecs.send(new UpdateServiceCommand({ cluster: this.#cluster, service, forceNewDeployment: true }));
  }

  async setRelease(serviceArn: string, release: string): Promise<void> {
    await this.#ecs.send(
      new TagResourceCommand({ resourceArn: serviceArn, tags: [{ key: releaseTag, value: release }] }),
    );
  }

  /** The last lines that a container printed. */
  async lastLines({ arn, taskDefinition }: TaskState, container: string, limit: number): Promise<string> {
    const described = await this.#ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    const definition = described.taskDefinition?.containerDefinitions?.find(({ name }) => name === container);
    const { "awslogs-group": logGroupName, "awslogs-stream-prefix": prefix } =
      definition?.logConfiguration?.options ?? {};
    if (logGroupName === undefined) return "";
    const logStreamName = `${prefix}/${container}/${arn.slice(arn.lastIndexOf("/") + 1)}`;
    try {
      const { events = [] } = await this.#logs.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, limit, startFromHead: false }),
      );
      return events.map(({ message = "" }) => message.trimEnd()).join("\n");
    } catch (error) {
      // Nothing was printed: the stream comes with the first line.
      if (error instanceof ResourceNotFoundException) return "";
      throw error;
    }
  }
}

function serviceState({ serviceArn = "", deployments = [], events = [], tags = [] }: ApiService): ServiceState {
  const newestFirst = [...deployments].sort((a, b) => Number(b.status === "PRIMARY") - Number(a.status === "PRIMARY"));
  return {
    arn: serviceArn,
    deployments: newestFirst.map((deployment) => ({
      id: deployment.id ?? "",
      taskDefinition: deployment.taskDefinition ?? "",
      rollout: deployment.rolloutState ?? "IN_PROGRESS",
      reason: deployment.rolloutStateReason ?? "",
      desired: deployment.desiredCount ?? 0,
      running: deployment.runningCount ?? 0,
      failed: deployment.failedTasks ?? 0,
    })),
    events: events.map(({ message = "" }) => message),
    release: tags.find(({ key }) => key === releaseTag)?.value,
  };
}

function taskState(task: ApiTask): TaskState {
  return {
    arn: task.taskArn ?? "",
    taskDefinition: task.taskDefinitionArn ?? "",
    status: task.lastStatus ?? "PROVISIONING",
    stoppedReason: task.stoppedReason,
    stoppedAt: task.stoppedAt?.getTime() ?? 0,
    containers: (task.containers ?? []).map(({ name = "", lastStatus = "", exitCode, reason, imageDigest }) => ({
      name,
      status: lastStatus,
      exitCode,
      reason,
      digest: imageDigest,
    })),
  };
}
