import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  ClusterNotFoundException,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServicesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerApi } from "../../../embedded/aws/api/dispatch.ts";
import type { Observed } from "../../../embedded/core/handler.ts";
import { account, arnPrefix, region, SampleCloud } from "./sampleCloud.ts";
import { servedApi } from "./servedApi.ts";

let sample: SampleCloud;
let ecs: ECSClient;
let config: Awaited<ReturnType<typeof servedApi>>;
let network: Awaited<ReturnType<SampleCloud["network"]>>;
let service: Observed;

beforeEach(async () => {
  sample = new SampleCloud();
  config = await servedApi(sample);
  ecs = new ECSClient(config);
  network = await sample.network();
  const cluster = await sample.create("ecs/cluster", { name: "shop" });
  await sample.definition();
  service = await sample.create("ecs/service", {
    name: "web",
    cluster: cluster.id,
    taskDefinition: "web:1",
    launchType: "FARGATE",
    desiredCount: 1,
    networkConfiguration: { subnets: [network.subnets[0].id] },
    tags: { "retrofit-release": "abc" },
  });
});
afterEach(() => ecs.destroy());

const run = (more: Partial<ConstructorParameters<typeof RunTaskCommand>[0]> = {}) =>
  ecs.send(
    new RunTaskCommand({
      cluster: "shop",
      taskDefinition: "web",
      launchType: "FARGATE",
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: [network.subnets[0].id],
          securityGroups: [network.group.id],
          assignPublicIp: "ENABLED",
        },
      },
      ...more,
    }),
  );

describe("ECS's API, asked by AWS's SDK", () => {
  it("describes services, with tags where they are asked for", async () => {
    const deployment = {
      id: "ecs-svc/1",
      status: "PRIMARY",
      taskDefinition: "x",
      desiredCount: 1,
      pendingCount: 0,
      runningCount: 1,
      failedTasks: 0,
      createdAt: 1_700_000_000.5,
      updatedAt: 1_700_000_001,
      launchType: "FARGATE",
      rolloutState: "COMPLETED",
      rolloutStateReason: "ECS deployment ecs-svc/1 completed.",
    } as const;
    sample.runtime.statuses.set(service.id, {
      status: "ACTIVE",
      runningCount: 1,
      pendingCount: 0,
      deployments: [deployment],
      events: [{ id: "1", createdAt: 1_700_000_000, message: "steady" }],
    });
    const plain = await ecs.send(new DescribeServicesCommand({ cluster: "shop", services: ["web", "no"] }));
    expect(plain.services?.[0]).toMatchObject({
      serviceName: "web",
      status: "ACTIVE",
      runningCount: 1,
      taskDefinition: `${arnPrefix("ecs")}task-definition/web:1`,
      deployments: [{ rolloutState: "COMPLETED", createdAt: new Date(1_700_000_000_500) }],
      events: [{ message: "steady", createdAt: new Date(1_700_000_000_000) }],
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
    });
    expect(plain.services?.[0]?.tags).toBeUndefined();
    expect(plain.failures).toEqual([{ arn: `${arnPrefix("ecs")}service/shop/no`, reason: "MISSING" }]);
    const tagged = await ecs.send(
      new DescribeServicesCommand({ cluster: "shop", services: [service.id], include: ["TAGS"] }),
    );
    expect(tagged.services?.[0]?.tags).toEqual([{ key: "retrofit-release", value: "abc" }]);
    expect((await ecs.send(new ListServicesCommand({ cluster: "shop" }))).serviceArns).toEqual([service.id]);
    expect((await ecs.send(new DescribeClustersCommand({ clusters: ["shop"] }))).clusters?.[0]).toMatchObject({
      status: "ACTIVE",
      activeServicesCount: 1,
    });
  });

  it("runs tasks, describes, lists and stops them", async () => {
    const { tasks, failures } = await run({
      count: 2,
      startedBy: "job",
      overrides: { containerOverrides: [{ name: "web", command: ["true"], environment: [{ name: "A", value: "1" }] }] },
      tags: [{ key: "a", value: "b" }],
    });
    expect(failures).toEqual([]);
    expect(tasks).toHaveLength(2);
    expect(sample.runtime.requests[0]).toMatchObject({
      clusterArn: `${arnPrefix("ecs")}cluster/shop`,
      taskDefinition: { family: "web", revision: 1 },
      network: { assignPublicIp: true, securityGroups: [network.group.id] },
      platformVersion: "LATEST",
      group: "family:web",
      startedBy: "job",
      overrides: { containerOverrides: [{ name: "web", command: ["true"] }] },
      tags: [{ key: "a", value: "b" }],
    });
    const [first] = tasks ?? [];
    const taskArn = first?.taskArn ?? "";
    const described = await ecs.send(new DescribeTasksCommand({ cluster: "shop", tasks: [taskArn, "0".repeat(32)] }));
    expect(described.tasks?.[0]).toMatchObject({ taskArn, lastStatus: "PROVISIONING", createdAt: new Date(1000) });
    expect(described.failures?.[0]).toEqual({
      arn: `${arnPrefix("ecs")}task/shop/${"0".repeat(32)}`,
      reason: "MISSING",
    });
    const listed = await ecs.send(new ListTasksCommand({ cluster: "shop", startedBy: "job", maxResults: 1 }));
    expect(listed.taskArns).toHaveLength(1);
    const rest = await ecs.send(
      new ListTasksCommand({ cluster: "shop", startedBy: "job", maxResults: 1, nextToken: listed.nextToken }),
    );
    expect(rest.taskArns?.[0]).not.toBe(listed.taskArns?.[0]);
    expect(rest.nextToken).toBeUndefined();
    expect((await ecs.send(new ListTasksCommand({ cluster: "shop", serviceName: "web" }))).taskArns).toEqual([]);
    const stopped = await ecs.send(new StopTaskCommand({ cluster: "shop", task: taskArn, reason: "enough" }));
    expect(stopped.task).toMatchObject({ desiredStatus: "STOPPED", stoppedReason: "enough" });
  });

  it("registers and describes task definitions", async () => {
    const registered = await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "web",
        containerDefinitions: [{ name: "web", image: "nginx:2" }],
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        tags: [{ key: "a", value: "b" }],
      }),
    );
    expect(registered.taskDefinition?.taskDefinitionArn).toBe(`${arnPrefix("ecs")}task-definition/web:2`);
    const described = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: "web", include: ["TAGS"] }));
    expect(described).toMatchObject({
      taskDefinition: { revision: 2, containerDefinitions: [{ image: "nginx:2" }] },
      tags: [{ key: "a", value: "b" }],
    });
    const refused = new RegisterTaskDefinitionCommand({
      family: "web",
      containerDefinitions: [{ name: "web", image: "nginx:2", memory: 1 }],
    });
    await expect(ecs.send(refused)).rejects.toThrow("The minimum of 'memory' is 6 MiB.");
  });

  it("throws the SDK's own errors", async () => {
    await expect(ecs.send(new DescribeServicesCommand({ cluster: "no", services: ["web"] }))).rejects.toBeInstanceOf(
      ClusterNotFoundException,
    );
    await expect(run({ taskDefinition: "no" })).rejects.toMatchObject({
      name: "ClientException",
      message: "Unable to describe task definition.",
      $fault: "client",
    });
    await expect(run({ launchType: "EC2", networkConfiguration: undefined })).rejects.toThrow(
      "Network Configuration must be provided",
    );
    await expect(run({ overrides: { containerOverrides: [{ name: "no" }] } })).rejects.toThrow(
      "Override for container named no is not a container in the TaskDefinition.",
    );
  });

  it("is for those who have the key", async () => {
    const { credentials, endpoint } = config;
    const stranger = new ECSClient({ ...config, credentials: { ...credentials, secretAccessKey: "guess" } });
    await expect(stranger.send(new ListServicesCommand({ cluster: "shop" }))).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
    const other = new ECSClient({ ...config, credentials: { ...credentials, accessKeyId: "AKIA" } });
    await expect(other.send(new ListServicesCommand({ cluster: "shop" }))).rejects.toMatchObject({
      name: "UnrecognizedClientException",
    });
    const headers = {
      "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters",
      "Content-Type": "application/x-amz-json-1.1",
    };
    const unsigned = await fetch(endpoint, { method: "POST", headers, body: "{}" });
    expect([unsigned.status, await unsigned.json()]).toEqual([
      403,
      { __type: "MissingAuthenticationTokenException", message: "Missing Authentication Token" },
    ]);
  });

  it("signs whatever its clients sign: a changed body is refused", async () => {
    const proxy = createServer((request, response) => {
      request.resume().on("end", async () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => !["host", "content-length", "connection"].includes(name)),
        ) as Record<string, string>;
        const answer = await fetch(config.endpoint, {
          method: "POST",
          headers: { ...headers },
          body: '{"cluster":"other"}',
        });
        response.writeHead(answer.status, { "Content-Type": "application/x-amz-json-1.1" }).end(await answer.text());
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const tampered = new ECSClient({ ...config, endpoint });
    await expect(tampered.send(new ListServicesCommand({ cluster: "shop" }))).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
    proxy.close();
  });

  it("says what it does not imitate, and what it is not given right", async () => {
    const answer = async (target: string, body: string) => answerApi(sample.cloud, { target, body, region, account });
    const ecsTarget = (name: string) => `AmazonEC2ContainerServiceV20141113.${name}`;
    expect(await answer(ecsTarget("CreateCapacityProvider"), "{}")).toEqual({
      status: 400,
      body: expect.stringContaining("UnknownOperationException"),
    });
    expect(await answer(ecsTarget("ListTasks"), '{"clutser":"x"}')).toEqual({
      status: 400,
      body: expect.stringContaining("input.clutser is unknown"),
    });
    expect(await answer(ecsTarget("ListTasks"), "{")).toEqual({
      status: 400,
      body: expect.stringContaining("SerializationException"),
    });
  });
});
