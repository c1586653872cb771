import { AwsError } from "../apiError.ts";
import type { Cloud } from "../cloud.ts";
import type { Shape } from "../ecs/shape.ts";
import { specOf } from "../ecs/spec.ts";
import type { Task } from "../ecs/task.ts";
import { baseName } from "../names.ts";
import { clusterOf } from "../resources/service.ts";
import { definitions, deregister, neededDefinition } from "../resources/taskDefinition.ts";
import { types } from "../types.ts";
import { registerTaskDefinition } from "./registerTaskDefinition.ts";
import { type ApiScope, type Operation, operation, page } from "./request.ts";
import { runTask } from "./runTask.ts";
import { tagResource, updateService } from "./updateService.ts";
import { definitionView, serviceView, tagList, taskView } from "./views.ts";

const strings: Shape = { list: "string" };
const include = strings;

/** The operations of ECS that are imitated: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html */
export const ecsOperations: Readonly<Record<string, Operation>> = {
  RunTask: runTask,
  RegisterTaskDefinition: registerTaskDefinition,
  UpdateService: updateService,
  TagResource: tagResource,

  DescribeTasks: operation<{ cluster?: string; tasks: string[]; include?: string[] }>(
    { cluster: "string", tasks: strings, include },
    ({ cluster, tasks: wanted, include: parts = [] }, scope) => {
      if (wanted.length > 100) throw new AwsError("InvalidParameterException", "tasks can have at most 100 items.");
      const all = tasksOf(scope, cluster);
      const found = wanted.map((id) => ({
        id,
        task: all.find((each) => each.taskArn === id || baseName(each.taskArn) === id),
      }));
      return {
        tasks: found.flatMap(({ task }) => (task ? [taskView(task, parts)] : [])),
        failures: found.flatMap(({ id, task }) =>
          task ? [] : [{ arn: taskArn(id, scope, cluster), reason: "MISSING" }],
        ),
      };
    },
  ),

  ListTasks: operation<ListTasks>(
    {
      cluster: "string",
      containerInstance: "string",
      family: "string",
      nextToken: "string",
      maxResults: "integer",
      startedBy: "string",
      serviceName: "string",
      desiredStatus: { oneOf: ["RUNNING", "PENDING", "STOPPED"] },
      launchType: { oneOf: ["EC2", "FARGATE"] },
    },
    (input, scope) => {
      const { items, nextToken } = page(listed(input, scope), input.nextToken, input.maxResults ?? 100);
      return { taskArns: items.map((task) => task.taskArn), ...(nextToken ? { nextToken } : {}) };
    },
  ),

  StopTask: operation<{ cluster?: string; task: string; reason?: string }>(
    { cluster: "string", task: "string", reason: "string" },
    async ({ cluster, task: id, reason = "Task stopped by user" }, scope) => {
      const task = tasksOf(scope, cluster).find((each) => each.taskArn === id || baseName(each.taskArn) === id);
      if (task === undefined) throw new AwsError("InvalidParameterException", "The referenced task was not found.");
      return { task: taskView(await scope.cloud.runtime.stopTask(task.taskArn, reason), ["TAGS"]) };
    },
  ),

  DescribeServices: operation<{ cluster?: string; services: string[]; include?: string[] }>(
    { cluster: "string", services: strings, include },
    ({ cluster, services: wanted, include: parts = [] }, { cloud, home }) => {
      if (wanted.length > 10) throw new AwsError("InvalidParameterException", "services can have at most 10 items.");
      const clusterArn = clusterOf(cloud.store, cluster ?? "default", home);
      const arns = wanted.map((id) => (id.startsWith("arn:") ? id : serviceArn(clusterArn, id)));
      const found = arns.map((arn) => ({ arn, outputs: cloud.store.get(types.service, arn) }));
      return {
        services: found.flatMap(({ arn, outputs }) =>
          outputs ? [serviceView(specOf(outputs), cloud.runtime.serviceStatus(arn), parts)] : [],
        ),
        failures: found.flatMap(({ arn, outputs }) => (outputs ? [] : [{ arn, reason: "MISSING" }])),
      };
    },
  ),

  ListServices: operation<{ cluster?: string; nextToken?: string; maxResults?: number; launchType?: string }>(
    {
      cluster: "string",
      nextToken: "string",
      maxResults: "integer",
      launchType: { oneOf: ["EC2", "FARGATE"] },
      schedulingStrategy: { oneOf: ["REPLICA", "DAEMON"] },
    },
    ({ cluster, nextToken: token, maxResults = 10, launchType }, { cloud, home }) => {
      const clusterArn = clusterOf(cloud.store, cluster ?? "default", home);
      const arns = cloud.store.all(types.service).flatMap(([arn, outputs]) => {
        const meant = outputs.cluster === clusterArn && (launchType === undefined || outputs.launchType === launchType);
        return meant ? [arn] : [];
      });
      const { items, nextToken } = page(arns, token, maxResults);
      return { serviceArns: items, ...(nextToken ? { nextToken } : {}) };
    },
  ),

  DescribeTaskDefinition: operation<{ taskDefinition: string; include?: string[] }>(
    { taskDefinition: "string", include },
    ({ taskDefinition, include: parts = [] }, { cloud }) => {
      const definition = neededDefinition(cloud.store, taskDefinition);
      return {
        taskDefinition: definitionView(definition),
        ...(parts.includes("TAGS") ? { tags: tagList(definition.tags) } : {}),
      };
    },
  ),

  ListTaskDefinitions: operation<{
    familyPrefix?: string;
    status?: string;
    sort?: string;
    nextToken?: string;
    maxResults?: number;
  }>(
    {
      familyPrefix: "string",
      status: { oneOf: ["ACTIVE", "INACTIVE"] },
      sort: { oneOf: ["ASC", "DESC"] },
      nextToken: "string",
      maxResults: "integer",
    },
    ({ familyPrefix, status = "ACTIVE", sort = "ASC", nextToken: token, maxResults = 100 }, { cloud }) => {
      const found = definitions(cloud.store)
        .filter((each) => each.status === status && (familyPrefix === undefined || each.family === familyPrefix))
        .sort((a, b) => (a.family === b.family ? a.revision - b.revision : a.family < b.family ? -1 : 1))
        .map(({ taskDefinitionArn }) => taskDefinitionArn);
      const { items, nextToken } = page(sort === "ASC" ? found : found.reverse(), token, maxResults);
      return { taskDefinitionArns: items, ...(nextToken ? { nextToken } : {}) };
    },
  ),

  DeregisterTaskDefinition: operation<{ taskDefinition: string }>(
    { taskDefinition: "string" },
    ({ taskDefinition }, { cloud }) => {
      const { taskDefinitionArn } = neededDefinition(cloud.store, taskDefinition);
      deregister(cloud.store, taskDefinitionArn);
      return { taskDefinition: definitionView(neededDefinition(cloud.store, taskDefinitionArn)) };
    },
  ),

  DescribeClusters: operation<{ clusters?: string[] }>(
    { clusters: strings, include },
    ({ clusters: wanted = ["default"] }, scope) => {
      const found = wanted.map((id) => ({ id, view: clusterView(scope, id) }));
      return {
        clusters: found.flatMap(({ view }) => view ?? []),
        failures: found.flatMap(({ id, view }) => (view ? [] : [{ arn: id, reason: "MISSING" }])),
      };
    },
  ),

  ListClusters: operation<{ nextToken?: string; maxResults?: number }>(
    { nextToken: "string", maxResults: "integer" },
    ({ nextToken: token, maxResults = 100 }, { cloud }) => {
      const { items, nextToken } = page(
        cloud.store.all(types.cluster).map(([arn]) => arn),
        token,
        maxResults,
      );
      return { clusterArns: items, ...(nextToken ? { nextToken } : {}) };
    },
  ),
};

interface ListTasks {
  readonly cluster?: string;
  readonly containerInstance?: string;
  readonly family?: string;
  readonly nextToken?: string;
  readonly maxResults?: number;
  readonly startedBy?: string;
  readonly serviceName?: string;
  readonly desiredStatus?: string;
  readonly launchType?: string;
}

function listed(input: ListTasks, scope: ApiScope): Task[] {
  const { cluster, family, startedBy, serviceName, desiredStatus = "RUNNING", launchType, containerInstance } = input;
  // PENDING is what a task may be, but never what it should be.
  return tasksOf(scope, cluster).filter(
    (task) =>
      task.desiredStatus === desiredStatus &&
      (family === undefined || familyOf(task) === family) &&
      (startedBy === undefined || task.startedBy === startedBy) &&
      (serviceName === undefined || task.group === `service:${baseName(serviceName)}`) &&
      (launchType === undefined || task.launchType === launchType) &&
      (containerInstance === undefined || task.containerInstanceArn?.endsWith(baseName(containerInstance))),
  );
}

function familyOf({ taskDefinitionArn }: Task): string {
  return baseName(taskDefinitionArn).split(":")[0] ?? "";
}

function tasksOf({ cloud, home }: ApiScope, cluster = "default"): Task[] {
  const clusterArn = clusterOf(cloud.store, cluster, home);
  return cloud.runtime.tasks().filter((task) => task.clusterArn === clusterArn);
}

function taskArn(id: string, { cloud, home }: ApiScope, cluster = "default"): string {
  if (id.startsWith("arn:")) return id;
  return `${clusterOf(cloud.store, cluster, home).replace(":cluster/", ":task/")}/${id}`;
}

function serviceArn(clusterArn: string, name: string): string {
  return `${clusterArn.replace(":cluster/", ":service/")}/${name}`;
}

function clusterView({ cloud, home }: ApiScope, reference: string): object | undefined {
  let clusterArn: string;
  try {
    clusterArn = clusterOf(cloud.store, reference, home);
  } catch {
    return undefined;
  }
  const tasks = cloud.runtime.tasks().filter((task) => task.clusterArn === clusterArn && task.lastStatus !== "STOPPED");
  const running = tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length;
  return {
    clusterArn,
    clusterName: baseName(clusterArn),
    status: "ACTIVE",
    registeredContainerInstancesCount: count(cloud, types.containerInstance, "clusterArn", clusterArn),
    runningTasksCount: running,
    pendingTasksCount: tasks.length - running,
    activeServicesCount: count(cloud, types.service, "cluster", clusterArn),
    statistics: [],
    tags: [],
    settings: [],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  };
}

function count({ store }: Cloud, type: string, field: string, value: string): number {
  return store.all(type).filter(([, outputs]) => outputs[field] === value).length;
}
