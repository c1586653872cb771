import type { RunTask, Task } from "../../ecs/task.ts";
import type { ContainerDefinition, TaskDefinition } from "../../ecs/taskDefinition.ts";
import type { DemandedFailure, TaskPlace } from "../model.ts";

/** A name that a task finds others by: of Service Connect. */
export interface Alias {
  readonly dnsName: string;
  readonly port: number;
  /** The service behind it, and the name of its port. */
  readonly serviceArn: string;
  readonly portName: string;
}

/** What is kept of a task: all that is needed to go on with it after a restart. No secret is. */
export interface TaskRecord {
  readonly task: Task;
  readonly place: TaskPlace;
  /** Of the service that it is for. */
  readonly serviceArn?: string;
  readonly aliases: readonly Alias[];
  /** Where it is in Docker; absent until it has a network. */
  readonly transport?: Transport;
  /** Names of the containers that stand for the access points it uses. */
  readonly access: readonly string[];
  /** What is to go wrong, by container. */
  readonly demanded: Readonly<Record<string, DemandedFailure>>;
}

export interface Transport {
  /** Of the subnet: names the network. */
  readonly network: string;
  /** Address that rules of security groups and the API see. */
  readonly privateAddress: string;
  /** The one that it has in Docker; the same where the subnet's range is free here. */
  readonly address: string;
  readonly gateway: string;
}

/** What a task is started with. */
export interface NewTask extends Omit<RunTask, "count"> {
  readonly serviceArn?: string;
  readonly aliases: readonly Alias[];
}

/** The definition as the overrides of a task make it. */
export function overridden(definition: TaskDefinition, { overrides }: Pick<Task, "overrides">): TaskDefinition {
  const { containerOverrides, cpu, memory, executionRoleArn, taskRoleArn } = overrides;
  return {
    ...definition,
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
    containerDefinitions: definition.containerDefinitions.map((container): ContainerDefinition => {
      const { environment = [], ...rest } = containerOverrides.find(({ name }) => name === container.name) ?? {};
      const replaced = new Set(environment.map(({ name }) => name));
      return {
        ...container,
        ...rest,
        environment: [...container.environment.filter(({ name }) => !replaced.has(name)), ...environment],
      };
    }),
  };
}

/** The id of a task: the last part of its ARN. */
export function taskId(taskArn: string): string {
  return taskArn.slice(taskArn.lastIndexOf("/") + 1);
}

export function isOver({ task }: Pick<TaskRecord, "task">): boolean {
  return task.lastStatus === "STOPPED";
}
