import type { PlainMap } from "../../core/value.ts";
import { AwsError } from "../apiError.ts";
import { registered, registrationOf } from "../ecs/registration.ts";
import type { TaskDefinition } from "../ecs/taskDefinition.ts";
import { roleOf } from "../iam/roles.ts";
import { now } from "../names.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";
import { arnOf, common } from "./common.ts";
import type { Kind } from "./kind.ts";

/** Definitions themselves, by ARN: as ECS describes them, and inactive ones too, which services may still use. */
export const definitionsType = "taskDefinitions";

export const taskDefinition: Kind = {
  type: types.taskDefinition,
  api: "ECS",
  noun: "Task Definition",
  operations: { creating: "RegisterTaskDefinition", deleting: "DeregisterTaskDefinition" },
  id: ({ family }) => family as string,
  key: ({ arn }) => arn as string,
  outputs(inputs, scope, before) {
    const { store } = scope.cloud;
    const definition = registrationOf(inputs);
    const { family } = definition;
    if (before === undefined) checkRoles(store, definition.executionRoleArn, definition.taskRoleArn);
    const arnWithoutRevision = arnOf("ecs", inputs, scope, `task-definition/${family}`);
    const revision = before?.revision ?? store.count(arnWithoutRevision);
    return {
      ...common(inputs, scope),
      networkMode: definition.networkMode,
      enableFaultInjection: definition.enableFaultInjection,
      containerDefinitions: before?.containerDefinitions ?? JSON.stringify(definition.containerDefinitions),
      arn: `${arnWithoutRevision}:${revision}`,
      arnWithoutRevision,
      revision,
    };
  },
  async created(arn, { revision, tagsAll }, { cloud }, inputs) {
    const tags = tagsAll as Record<string, string>;
    register(cloud.store, registered(registrationOf(inputs), arn, revision as number, tags));
    return undefined;
  },
  async updated(arn, { tagsAll }, _before, { cloud }) {
    const definition = definitionOf(cloud.store, arn);
    if (definition) register(cloud.store, { ...definition, tags: tagsAll as Record<string, string> });
  },
  async deleted(arn, _outputs, { cloud }) {
    deregister(cloud.store, arn);
  },
};

/** @throws {AwsError} where one of them is not there */
export function checkRoles(store: Store, ...roles: readonly (string | undefined)[]): void {
  for (const role of roles) {
    if (role !== undefined && roleOf(store, role) === undefined)
      throw new AwsError("ClientException", `Role is not valid: ${role}`);
  }
}

export function register(store: Store, definition: TaskDefinition): void {
  store.put(definitionsType, definition.taskDefinitionArn, definition as unknown as PlainMap);
}

/** Makes it inactive; it stays until the cloud is empty. */
export function deregister(store: Store, arn: string): void {
  const definition = definitionOf(store, arn);
  if (definition) register(store, { ...definition, status: "INACTIVE", deregisteredAt: now() });
}

export function definitionOf(store: Store, arn: string): TaskDefinition | undefined {
  return store.get(definitionsType, arn) as unknown as TaskDefinition | undefined;
}

/** All definitions, of any status. */
export function definitions(store: Store): TaskDefinition[] {
  return store.all(definitionsType).map(([, definition]) => definition as unknown as TaskDefinition);
}

/**
 * The definition that is meant: by an ARN, by `family:revision`, or by a family, whose latest active one it is.
 * @throws {AwsError} where there is none
 */
export function neededDefinition(store: Store, reference: string): TaskDefinition {
  const name = reference.replace(/^arn:[^/]+\//, "");
  const found = definitions(store).filter(({ taskDefinitionArn, family, revision, status }) => {
    if (reference.startsWith("arn:") && /:\d+$/.test(name)) return taskDefinitionArn === reference;
    return /:\d+$/.test(name) ? `${family}:${revision}` === name : family === name && status === "ACTIVE";
  });
  const [latest] = found.sort((a, b) => b.revision - a.revision);
  if (latest === undefined) throw new AwsError("ClientException", "Unable to describe task definition.");
  return latest;
}
