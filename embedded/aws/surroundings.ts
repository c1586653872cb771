import { join } from "node:path";
import type { PlainMap } from "../core/value.ts";
import { Failures } from "../daemon/failures.ts";
import { Store as BaseStore } from "../daemon/store.ts";
import type { Vault } from "../daemon/vault.ts";
import { certificate, listeners, loadBalancers, targetGroup } from "./balancing/lookup.ts";
import type { ContainerInstance } from "./ecs/service.ts";
import { specOf, specs } from "./ecs/spec.ts";
import type { TaskDefinition } from "./ecs/taskDefinition.ts";
import { isContainerFailure } from "./failures.ts";
import { mountEfs, mountFiles } from "./fileSystems.ts";
import { mayAssume, roleOf } from "./iam/roles.ts";
import { imageSource } from "./images.ts";
import { logTargetOf } from "./logTargets.ts";
import { parseArn } from "./names.ts";
import { allows } from "./network/securityGroups.ts";
import { reachesInternet, subnetOf } from "./network/vpcs.ts";
import { definitionOf } from "./resources/taskDefinition.ts";
import { type Surroundings, TaskFailure, type TaskPlace } from "./runtime/model.ts";
import { secretValue } from "./secrets.ts";
import { recordsOf, type Store } from "./store.ts";
import { types } from "./types.ts";

/** What of a cloud its runtime is given. */
interface Given extends Pick<Surroundings, "id" | "folder" | "docker" | "log"> {
  readonly store: Store;
  readonly vault: Vault;
  /** Host and port of the registry that holds the images. */
  readonly registry: string;
  /** File of the failures that are asked for. */
  readonly failuresFile: string;
}

/** What the runtime sees of a cloud. */
export function surroundings(cloud: Given): Surroundings {
  const { id, folder, docker, log, store, vault, failuresFile } = cloud;
  const records = new BaseStore(join(folder, "runtime.json"), {});
  const failures = new Failures(failuresFile);
  const session = (place: TaskPlace) => place.taskId ?? "task";
  const online = (place: TaskPlace) => isOnline(store, place);
  return {
    id,
    folder,
    docker,
    log,
    records: (name) => recordsOf(records, name),
    taskDefinition: (arn) => definitionOf(store, arn),
    services: () => specs(store),
    service(arn) {
      const outputs = store.get(types.service, arn);
      return outputs && specOf(outputs);
    },
    containerInstances: (clusterArn) =>
      store
        .all(types.containerInstance)
        .flatMap(([, each]) => (each.clusterArn === clusterArn ? [each as unknown as ContainerInstance] : [])),
    loadBalancers: () => loadBalancers(store),
    listeners: (loadBalancerArn) => listeners(store, loadBalancerArn),
    targetGroup: (arn) => targetGroup(store, arn),
    certificate: (arn) => certificate(store, vault, arn),
    namespaceName: (arn) =>
      store.all(types.namespace).find(([, each]) => each.arn === arn)?.[1].name as string | undefined,
    subnet: (subnetId) => subnetOf(store, subnetId),
    allows: (from, to, port, protocol) => allows(store, from, to, port, protocol),
    image(image, definition, place, login) {
      assume(store, definition);
      const { executionRoleArn } = definition;
      const reader = { executionRoleArn, online: online(place), session: session(place) };
      const field = (name: string) => secretValue(store, vault, `${login}:${name}::`, reader);
      return imageSource(cloud, image, {
        ...reader,
        launchType: place.launchType,
        login: login === undefined ? undefined : { username: field("username"), password: field("password") },
      });
    },
    secret(valueFrom, definition, place) {
      assume(store, definition);
      const { executionRoleArn } = definition;
      return secretValue(store, vault, valueFrom, { executionRoleArn, online: online(place), session: session(place) });
    },
    logTarget(options, definition, place) {
      assume(store, definition);
      const { executionRoleArn, taskDefinitionArn } = definition;
      const home = parseArn(taskDefinitionArn);
      return logTargetOf(store, options, {
        region: home?.region ?? "",
        account: home?.account ?? "",
        ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
        session: session(place),
      });
    },
    fileSystem(volume, definition, place) {
      const { taskRoleArn } = definition;
      const client = { place, ...(taskRoleArn === undefined ? {} : { taskRoleArn }) };
      return "fileSystemId" in volume ? mountEfs(store, volume, client) : mountFiles(store, volume, client);
    },
    failure({ service = "", family, container }) {
      const about = {
        type: "container",
        noun: container,
        urn: `${service}/${family}/${container}`,
        id: container,
        operation: "run",
      };
      const found = failures.take(about);
      return found && isContainerFailure(found.error) ? found.error : undefined;
    },
    rolledBack(serviceArn, taskDefinitionArn) {
      const outputs = store.get(types.service, serviceArn);
      if (outputs === undefined) return;
      store.put(types.service, serviceArn, {
        ...outputs,
        taskDefinition: inForm(outputs, taskDefinitionArn),
        taskDefinitionArn,
      });
    },
  };
}

/** A definition's ARN, or `family:revision` where the program has named it so. */
function inForm({ taskDefinition }: PlainMap, arn: string): string {
  return (taskDefinition as string).startsWith("arn:") ? arn : arn.slice(arn.lastIndexOf("/") + 1);
}

/** Whether a task reaches what is outside of its VPC. */
function isOnline(store: Store, { launchType, subnetId, securityGroups, assignPublicIp }: TaskPlace): boolean {
  if (subnetId === undefined) return true; // a machine of one's own has a way out
  if (launchType === "FARGATE" && !assignPublicIp) return false;
  const outside = { securityGroups: [], address: "8.8.8.8" };
  return reachesInternet(store, subnetId) && allows(store, { securityGroups, address: "" }, outside, 443, "tcp");
}

/** ECS takes a task's roles on. @throws {TaskFailure} where they do not let it */
function assume(store: Store, { executionRoleArn, taskRoleArn, taskDefinitionArn }: TaskDefinition): void {
  const source = taskDefinitionArn.replace(/:task-definition\/.*$/, ":task/any");
  for (const role of [executionRoleArn, taskRoleArn]) {
    if (role === undefined) continue;
    if (roleOf(store, role) !== undefined && mayAssume(store, role, "ecs-tasks.amazonaws.com", source)) continue;
    throw new TaskFailure(
      `ECS was unable to assume the role '${role}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    );
  }
}
