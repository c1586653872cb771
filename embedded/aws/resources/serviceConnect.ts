import type { PlainMap } from "../../core/value.ts";
import { invalid } from "../ecs/placement.ts";
import type { TaskDefinition } from "../ecs/taskDefinition.ts";
import type { Store } from "../store.ts";
import { types } from "../types.ts";

/**
 * ARN of the namespace that a service's Service Connect uses: its own, or its cluster's default; undefined without Service
 * Connect.
 * @throws {AwsError} what ECS refuses
 */
export function serviceConnectNamespace(
  store: Store,
  inputs: PlainMap,
  definition: TaskDefinition,
  serviceArn: string,
): string | undefined {
  const connect = inputs.serviceConnectConfiguration as PlainMap | undefined;
  if (connect?.enabled !== true) return undefined;
  if (!["awsvpc", "bridge"].includes(definition.networkMode)) {
    throw invalid(`Service Connect is not supported for the network mode ${definition.networkMode}.`);
  }
  const cluster = store
    .all(types.cluster)
    .find(([arn, { name }]) => arn === inputs.cluster || name === inputs.cluster)?.[1];
  const fallback = (cluster?.serviceConnectDefaults as PlainMap | undefined)?.namespace;
  const wanted = (connect.namespace ?? fallback) as string | undefined;
  if (wanted === undefined)
    throw invalid("A namespace must be specified for Service Connect: the cluster has no default.");
  const found = store.all(types.namespace).find(([, { arn, name }]) => arn === wanted || name === wanted)?.[1];
  if (found === undefined) throw invalid(`The Service Connect namespace was not found: ${wanted}`);
  const namespace = found.arn as string;
  const services = (connect.services ?? []) as PlainMap[];
  for (const each of services) checkOffer(each, definition);
  checkAliases(store, services, namespace, serviceArn);
  checkDiscovery(store, services, namespace, serviceArn);
  return namespace;
}

function checkOffer({ portName, discoveryName, clientAlias }: PlainMap, definition: TaskDefinition): void {
  const mapping = definition.containerDefinitions
    .flatMap(({ portMappings }) => portMappings)
    .find(({ name }) => name === portName);
  if (mapping === undefined) throw invalid(`The portName '${portName}' is not defined in the task definition.`);
  if (mapping.protocol !== "tcp")
    throw invalid(`Service Connect supports TCP only: the port '${portName}' is ${mapping.protocol}.`);
  if (discoveryName !== undefined && !/^[a-z0-9_][a-z0-9_-]{0,63}$/.test(discoveryName as string)) {
    throw invalid(
      `Invalid discoveryName '${discoveryName}': up to 64 lower-case letters, digits, underscores and hyphens are allowed, and no hyphen at the beginning.`,
    );
  }
  for (const { dnsName } of (clientAlias ?? []) as PlainMap[]) {
    if (dnsName !== undefined && !/^[a-z0-9_.][a-z0-9_.-]{0,126}$/.test(dnsName as string)) {
      throw invalid(
        `Invalid client alias dnsName '${dnsName}': up to 127 lower-case letters, digits, underscores, hyphens and periods are allowed, and no hyphen at the beginning.`,
      );
    }
  }
}

/** Each has one alias, which nobody else in the namespace has. */
function checkAliases(store: Store, services: readonly PlainMap[], namespace: string, serviceArn: string): void {
  for (const { portName, clientAlias } of services) {
    if (((clientAlias ?? []) as unknown[]).length !== 1)
      throw invalid(`Each Service Connect service must have exactly one client alias, unlike that of '${portName}'.`);
  }
  const own = services.flatMap(aliasesOf);
  const twice = own.find((name, index) => own.indexOf(name) < index);
  if (twice !== undefined) throw invalid(`Client aliases must be unique in a service: ${twice} is there twice.`);
  const taken = others(store, namespace, serviceArn)
    .flatMap(aliasesOf)
    .find((name) => own.includes(name));
  if (taken !== undefined) throw invalid(`The client alias ${taken} is used by another service in the namespace.`);
}

function aliasesOf({ portName, discoveryName, clientAlias }: PlainMap): string[] {
  return ((clientAlias ?? []) as PlainMap[]).map(
    ({ dnsName, port }) => `${dnsName ?? discoveryName ?? portName}:${port}`,
  );
}

/** What the other services of a namespace offer. */
function others(store: Store, namespace: string, serviceArn: string): PlainMap[] {
  return store.all(types.service).flatMap(([arn, { namespaceArn, serviceConnectConfiguration }]) => {
    if (arn === serviceArn || namespaceArn !== namespace) return [];
    return ((serviceConnectConfiguration as PlainMap).services ?? []) as PlainMap[];
  });
}

/** A name of the namespace belongs to one service. */
function checkDiscovery(store: Store, services: readonly PlainMap[], namespace: string, serviceArn: string): void {
  const named = ({ portName, discoveryName }: PlainMap) => (discoveryName ?? portName) as string;
  const own = services.map(named);
  const twice = own.find((name, index) => own.indexOf(name) < index);
  if (twice !== undefined) throw invalid(`Discovery names must be unique in a service: '${twice}' is there twice.`);
  const taken = others(store, namespace, serviceArn)
    .map(named)
    .find((name) => own.includes(name));
  if (taken !== undefined) throw invalid(`The discovery name '${taken}' is used by another service in the namespace.`);
}
