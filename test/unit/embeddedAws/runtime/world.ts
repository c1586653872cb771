import { createHash } from "node:crypto";
import { join } from "node:path";
import Docker from "dockerode";
import type { Certificate, Listener, LoadBalancer, TargetGroup } from "../../../../embedded/aws/balancing/model.ts";
import type { ContainerInstance, ServiceSpec } from "../../../../embedded/aws/ecs/service.ts";
import type { ContainerDefinition, TaskDefinition } from "../../../../embedded/aws/ecs/taskDefinition.ts";
import {
  type DemandedFailure,
  type Endpoint,
  type FileSystemMount,
  type Surroundings,
  TaskFailure,
} from "../../../../embedded/aws/runtime/model.ts";
import { recordsOf } from "../../../../embedded/aws/store.ts";
import { Store } from "../../../../embedded/daemon/store.ts";

export const cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/test";
export const subnet = "subnet-0aaaaaaaaaaaaaaaa";
export const namespace = "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-aaaaaaaaaaaaaaaa";

/** What a cloud's state says, as a test would have it. */
export interface World {
  readonly definitions: Map<string, TaskDefinition>;
  readonly services: Map<string, ServiceSpec>;
  readonly loadBalancers: LoadBalancer[];
  readonly listeners: Listener[];
  readonly targetGroups: TargetGroup[];
  readonly certificates: Map<string, Certificate>;
  readonly instances: ContainerInstance[];
  readonly secrets: Map<string, string>;
  readonly fileSystems: Map<string, FileSystemMount>;
  /** By container. Struck off when they are used. */
  readonly failures: Map<string, DemandedFailure[]>;
  /** Definitions that services were rolled back to. */
  readonly rolledBack: string[];
  readonly lines: string[];
  allows: (from: Endpoint, to: Endpoint, port: number) => boolean;
}

export function newWorld(): World {
  return {
    definitions: new Map(),
    services: new Map(),
    loadBalancers: [],
    listeners: [],
    targetGroups: [],
    certificates: new Map(),
    instances: [],
    secrets: new Map(),
    fileSystems: new Map(),
    failures: new Map(),
    rolledBack: [],
    lines: [],
    allows: () => true,
  };
}

/** As labels and names have it. */
export function cloudId(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 8);
}

export function surroundingsOf(world: World, folder: string): Surroundings {
  const store = new Store(join(folder, "records.json"), {});
  return {
    id: cloudId(folder),
    folder,
    docker: new Docker(),
    log: (line) => void world.lines.push(line),
    records: (name) => recordsOf(store, name),
    taskDefinition: (arn) => world.definitions.get(arn),
    services: () => [...world.services.values()],
    service: (arn) => world.services.get(arn),
    containerInstances: () => world.instances,
    loadBalancers: () => world.loadBalancers,
    listeners: (arn) => world.listeners.filter(({ loadBalancerArn }) => loadBalancerArn === arn),
    targetGroup: (arn) => world.targetGroups.find(({ targetGroupArn }) => targetGroupArn === arn),
    certificate: (arn) => world.certificates.get(arn),
    namespaceName: () => "test.internal",
    subnet: (id) =>
      id === subnet
        ? { vpcId: "vpc-0aaaaaaaaaaaaaaaa", cidrBlock: "10.123.4.0/24", availabilityZone: "us-east-1a" }
        : undefined,
    allows: (from, to, port) => world.allows(from, to, port),
    image: (image) => ({ reference: `127.0.0.1:5050/${image}`, local: image }),
    secret: (valueFrom) => {
      const value = world.secrets.get(valueFrom);
      if (value === undefined) throw new TaskFailure(`ResourceInitializationError: no secret ${valueFrom}`);
      return value;
    },
    logTarget: (options) => {
      const prefix = options["awslogs-stream-prefix"];
      const pattern = options["awslogs-multiline-pattern"];
      return {
        logGroupName: options["awslogs-group"] ?? "",
        ...(prefix ? { streamPrefix: prefix } : {}),
        ...(pattern ? { multilinePattern: pattern } : {}),
      };
    },
    fileSystem: (volume) => {
      const mount = "fileSystemId" in volume ? world.fileSystems.get(volume.fileSystemId) : undefined;
      if (mount === undefined) throw new TaskFailure("ResourceInitializationError: no such file system");
      return mount;
    },
    failure: ({ container }) => world.failures.get(container)?.shift(),
    rolledBack: (serviceArn, taskDefinition) => {
      world.rolledBack.push(taskDefinition);
      const service = world.services.get(serviceArn);
      if (service) world.services.set(serviceArn, { ...service, taskDefinition });
    },
  };
}

export function container(name: string, changes: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return {
    name,
    image: "retrofit-test/tiny:1",
    cpu: 0,
    links: [],
    portMappings: [],
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    secrets: [],
    dependsOn: [],
    stopTimeout: 1,
    disableNetworking: false,
    privileged: false,
    readonlyRootFilesystem: false,
    dnsServers: [],
    dnsSearchDomains: [],
    extraHosts: [],
    dockerSecurityOptions: [],
    interactive: false,
    pseudoTerminal: false,
    dockerLabels: {},
    ulimits: [],
    logConfiguration: {
      logDriver: "awslogs",
      options: { "awslogs-group": "/test", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app" },
      secretOptions: [],
    },
    systemControls: [],
    ...changes,
  };
}

/** A container that runs a script in a shell. */
export function script(name: string, text: string, changes: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return container(name, { command: ["sh", "-c", text], ...changes });
}

export function definition(
  family: string,
  containerDefinitions: readonly ContainerDefinition[],
  changes: Partial<TaskDefinition> = {},
): TaskDefinition {
  const revision = changes.revision ?? 1;
  return {
    taskDefinitionArn: `arn:aws:ecs:us-east-1:123456789012:task-definition/${family}:${revision}`,
    family,
    revision,
    status: "ACTIVE",
    containerDefinitions,
    volumes: [],
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    compatibilities: ["EC2", "FARGATE"],
    cpu: "256",
    memory: "512",
    executionRoleArn: "arn:aws:iam::123456789012:role/execution",
    placementConstraints: [],
    enableFaultInjection: false,
    tags: {},
    registeredAt: 1_700_000_000,
    ...changes,
  };
}

export function service(name: string, taskDefinition: string, changes: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    serviceArn: `arn:aws:ecs:us-east-1:123456789012:service/test/${name}`,
    serviceName: name,
    clusterArn: cluster,
    taskDefinition,
    desiredCount: 1,
    launchType: "FARGATE",
    platformVersion: "LATEST",
    network: { subnets: [subnet], securityGroups: ["sg-tasks"], assignPublicIp: true },
    loadBalancers: [],
    healthCheckGracePeriod: 0,
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    availabilityZoneRebalancing: false,
    tags: {},
    createdAt: 1_700_000_000,
    ...changes,
  };
}

export function targetGroup(name: string, changes: Partial<TargetGroup> = {}): TargetGroup {
  return {
    targetGroupArn: `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/0123456789abcdef`,
    targetGroupName: name,
    targetType: "ip",
    protocol: "HTTP",
    port: 8000,
    vpcId: "vpc-0aaaaaaaaaaaaaaaa",
    deregistrationDelay: 30,
    slowStart: 0,
    connectionTermination: false,
    preserveClientIp: false,
    proxyProtocolV2: false,
    algorithm: "round_robin",
    healthCheck: {
      enabled: true,
      protocol: "HTTP",
      port: "traffic-port",
      path: "/",
      matcher: "200-299",
      interval: 1,
      timeout: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    },
    ...changes,
  };
}

export function loadBalancer(address: string, changes: Partial<LoadBalancer> = {}): LoadBalancer {
  return {
    loadBalancerArn: `arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/test/${address}`,
    type: "application",
    address,
    vpcId: "vpc-0aaaaaaaaaaaaaaaa",
    subnets: [subnet],
    securityGroups: ["sg-balancer"],
    idleTimeout: 60,
    dropInvalidHeaderFields: false,
    preserveHostHeader: false,
    xffHeaderProcessingMode: "append",
    crossZone: true,
    ...changes,
  };
}

export function listener(of: LoadBalancer, port: number, changes: Partial<Listener>): Listener {
  return {
    listenerArn: `${of.loadBalancerArn}/${port}`,
    loadBalancerArn: of.loadBalancerArn,
    port,
    protocol: "HTTP",
    action: { type: "fixed-response", contentType: "text/plain", messageBody: "hello", statusCode: "200" },
    responseHeaders: {},
    serverHeader: true,
    ...changes,
  };
}

/** All to one target group. */
export function forwardTo({ targetGroupArn }: TargetGroup): Listener["action"] {
  return { type: "forward", targetGroups: [{ targetGroupArn, weight: 1 }] };
}
