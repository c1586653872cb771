import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../compose/model.ts";
import type { AppSecrets } from "./appSecrets.ts";
import { keptAlive } from "./jobDefinition.ts";
import { LogGroups } from "./logGroups.ts";
import type { OwnImages } from "./ownImages.ts";
import type { Place } from "./place.ts";
import type { Storage } from "./storage.ts";
import type { TaskDefinition as Definition, Plan, Task } from "./taskDefinition/model.ts";
import { ecsName } from "./taskDefinition/names.ts";
import { familyOf, taskDefinition } from "./taskDefinition/render.ts";
import { TaskDefinition } from "./taskDefinition.ts";
import { TaskRoles } from "./taskRoles.ts";

export interface AppTasksArgs extends Place {
  app: App;
  plan: Plan;
  /** Beginning of the families' names: `shop-dev`. */
  family: string;
  images: OwnImages;
  secrets: AppSecrets;
  /** Key of the secret with the login to a registry, by its host. */
  logins: Readonly<Record<string, string>>;
  storage: Storage;
  /** ARNs of the repositories of ECR that images come from. */
  repositories: readonly pulumi.Input<string>[];
  /** Days that logs are kept. @default 30 */
  logRetentionDays?: number;
}

/** A task definition that is there. */
export interface RegisteredTask {
  readonly task: Task;
  /** Name of its family, which no other app's task has. */
  readonly family: string;
  readonly arn: pulumi.Output<string>;
  /** As `aws ecs register-task-definition` takes it. */
  readonly definition: pulumi.Output<Definition>;
  /** Resources that must exist before it is run. */
  readonly ready: readonly pulumi.Resource[];
}

/** The task definitions of an app, registered, each with its own log group and roles. */
export class AppTasks extends pulumi.ComponentResource {
  /** Dependencies first. */
  readonly tasks: readonly RegisteredTask[];

  readonly #name: string;
  readonly #args: AppTasksArgs;

  constructor(name: string, args: AppTasksArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:AppTasks", name, { family: args.family }, opts);
    this.#name = name;
    this.#args = args;
    const { plan, family, logRetentionDays } = args;

    const logs = new LogGroups(
      `${name}-logs`,
      {
        path: logsOf(family),
        tasks: plan.tasks.map((task) => ecsName(task.name)),
        retentionDays: logRetentionDays,
      },
      { parent: this },
    );
    this.tasks = plan.tasks.map((task) => this.#createTask(task, logs));
    this.registerOutputs({ arns: Object.fromEntries(this.tasks.map(({ task, arn }) => [task.name, arn])) });
  }

  #createTask(task: Task, logs: LogGroups): RegisteredTask {
    const { plan, region, account, repositories, secrets, storage, logins } = this.#args;
    const family = familyOf(plan, task, this.#args.family);
    const name = `${this.#name}-${ecsName(task.name)}`;
    const group = ecsName(task.name);
    const roles = new TaskRoles(
      `${name}-roles`,
      {
        region,
        account,
        repositories,
        logStreams: pulumi.interpolate`${logs.arns[group] as pulumi.Output<string>}:*`,
        secrets: [...task.secrets, ...Object.values(logins)].map((key) => secrets.arns[key] as pulumi.Output<string>),
        grants: task.fileSystems.flatMap((volume) => storage.volumes[volume]?.grants ?? []),
      },
      { parent: this },
    );
    const definition = this.#render(task, roles, logs.names[group] as pulumi.Output<string>);
    const { taskDefinitionArn: arn } = new TaskDefinition(`${name}-task`, { definition, family }, { parent: this });
    return { task, family, arn, definition, ready: [...roles.ready, ...storage.ready] };
  }

  #render(task: Task, roles: TaskRoles, group: pulumi.Output<string>): pulumi.Output<Definition> {
    const { app, plan, family, region, images, secrets, storage, logins } = this.#args;
    return pulumi
      .output({
        images: pick(images.references, task.services),
        preparation: task.preparation === undefined ? undefined : images.preparations[task.preparation],
        secrets: secrets.references,
        fileSystems: Object.fromEntries(
          Object.entries(storage.volumes).map(([volume, { mounted }]) => [volume, mounted]),
        ),
        executionRoleArn: roles.executionRoleArn,
        taskRoleArn: roles.taskRoleArn,
        logs: { group, region },
        logins: Object.fromEntries(
          Object.entries(logins).map(([host, key]) => [host, secrets.arns[key] as pulumi.Output<string>]),
        ),
      })
      .apply((inputs) => {
        const definition = taskDefinition(app, plan, task, { family, ...inputs });
        return task.job ? keptAlive(definition, ecsName(task.name)) : definition;
      });
  }
}

/** Path in front of the names of an app's log groups. @param family beginning of the families' names */
export function logsOf(family: string): string {
  return `/retrofit/${family}`;
}

function pick<T>(all: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.map((key) => [key, all[key] as T]));
}
