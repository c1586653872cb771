import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  RunTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsClient } from "../../embedded/aws/client.ts";
import type { Client } from "../../embedded/daemon/client.ts";
import { freePort } from "../../tools/freePort.mjs";
import { account, awsProgram, region, repository } from "../support/awsProgram.ts";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { leftOf } from "../support/leftOnDocker.ts";
import { docker, root } from "../support/stack.ts";

const registry = "127.0.0.1:5050";
const credentials = { accessKeyId: account, secretAccessKey: "signed-with-this" };

describe("the aws provider server", () => {
  let stack: ProviderStack;
  let client: Client;
  let folder: string;
  let digest: string;
  let api: ChildProcess;
  let ecs: ECSClient;
  let logs: CloudWatchLogsClient;
  const control = (command: string, ...args: string[]) => client.ask({ kind: "control", command, args });
  const text = (change: Record<string, unknown> = {}) => awsProgram({ digest, ...change });

  beforeAll(async () => {
    const local = `${registry}/${repository}:1`;
    await docker("tag", await tinyImage(), local);
    digest = /sha256:[0-9a-f]{64}/.exec(await docker("push", local))?.[0] ?? "";
    await docker("rmi", local);
    stack = await ProviderStack.create(text(), "aws");
    folder = join(stack.folder, "embedded", "aws");
    client = awsClient(folder);
    await stack.config("aws:region", region);
    await stack.config("--path", "aws:allowedAccountIds[0]", account);
    const port = await freePort();
    // What the tools give to a program beside the provider.
    api = spawn(
      "node",
      [join(root, "embedded", "serve.ts"), `--state=${join(stack.folder, "embedded")}`, `aws-api=${port}`],
      {
        env: {
          ...stack.environment,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    await once(api.stdout as NodeJS.ReadableStream, "data");
    const endpoint = `http://127.0.0.1:${port}`;
    ecs = new ECSClient({ region, endpoint, credentials });
    logs = new CloudWatchLogsClient({ region, endpoint, credentials });
  });
  afterAll(async () => {
    ecs?.destroy();
    logs?.destroy();
    api?.stdin?.end();
    await stack.program("");
    await stack.remove();
  });

  /** Runs the service's definition once, with another command, to its end. */
  async function job(...command: string[]): Promise<Task> {
    const { clusterArn, definitionArn, subnetId, groupId } = (await stack.outputs()) as Record<string, string>;
    const { tasks } = await ecs.send(
      new RunTaskCommand({
        cluster: clusterArn,
        taskDefinition: definitionArn,
        launchType: "FARGATE",
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: [subnetId as string],
            securityGroups: [groupId as string],
            assignPublicIp: "ENABLED",
          },
        },
        overrides: { containerOverrides: [{ name: "web", command }] },
      }),
    );
    const taskArn = tasks?.[0]?.taskArn as string;
    return eventually(async () => {
      const found = await ecs.send(new DescribeTasksCommand({ cluster: clusterArn, tasks: [taskArn] }));
      expect(found.tasks?.[0]?.lastStatus).toBe("STOPPED");
      return found.tasks?.[0] as Task;
    });
  }

  async function service() {
    const { clusterArn, serviceName } = (await stack.outputs()) as Record<string, string>;
    const { services } = await ecs.send(
      new DescribeServicesCommand({ cluster: clusterArn, services: [serviceName as string], include: ["TAGS"] }),
    );
    return services?.[0];
  }

  it("previews without starting the cloud", async () => {
    const preview = await stack.preview();
    expect(preview.messages).toBe("");
    expect(preview.ok).toBe(true);
    expect(preview.steps).toContain("create web");
    expect(client.isRunning()).toBe(false);
  });

  it("makes what the program says, with the real provider's formats", async () => {
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.ok).toBe(true);
    expect(await stack.outputs()).toMatchObject({
      clusterArn: expect.stringMatching(/^arn:aws:ecs:eu-central-1:123456789012:cluster\/cluster-[0-9a-f]{7}$/),
      definitionArn: "arn:aws:ecs:eu-central-1:123456789012:task-definition/retrofit-test-web:1",
      subnetId: expect.stringMatching(/^subnet-0[0-9a-f]{16}$/),
      address: expect.stringMatching(/^127\.4[0-7]\.\d+\.\d+$/),
      repositoryUrl: repository,
      secretArn: expect.stringMatching(/:secret:password-[0-9a-f]{7}-[A-Za-z0-9]{6}$/),
    });
  });

  it("runs it: the service, its log, and the load balancer's listener", async () => {
    expect(await service()).toMatchObject({
      runningCount: 1,
      desiredCount: 1,
      tags: [{ key: "retrofit-release", value: "one" }],
      deployments: [{ rolloutState: "COMPLETED" }],
    });
    const { logGroup, address } = (await stack.outputs()) as Record<string, string>;
    await eventually(async () => {
      const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: logGroup }));
      expect(events?.map(({ message }) => message)).toEqual(["1"]);
    });
    expect(await (await fetch(`http://${address}/`)).text()).toBe("tag one");
  });

  it("keeps secrets to itself", async () => {
    expect(await stack.backend()).not.toContain("s3cret-value");
    expect(readFileSync(join(folder, "state.json"), "utf8")).not.toContain("s3cret-value");
    const { definitionArn } = (await stack.outputs()) as Record<string, string>;
    const described = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: definitionArn }));
    expect(JSON.stringify(described)).not.toContain("s3cret-value");
    expect((await job("sh", "-c", 'test "$PASSWORD" = s3cret-value')).containers?.[0]?.exitCode).toBe(0);
  });

  it("shows no change, not even after a refresh", async () => {
    const preview = await stack.preview("--refresh");
    expect(preview.messages).toBe("");
    expect(preview.steps).toEqual([]);
    await stack.program(text({ environment: [{ value: "1", name: "A" }] }));
    expect((await stack.preview()).steps).toEqual([]);
  });

  it("changes in place what can be", async () => {
    await stack.program(text({ tag: "two", retention: 30, desiredCount: 2 }));
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.steps.toSorted()).toEqual([
      'update logs: retentionInDays, tags["a"]',
      'update vpc: tags["Name"]',
      "update web: defaultActions[0].fixedResponse.messageBody",
      'update web: desiredCount, tags["retrofit-release"]',
    ]);
    expect(await service()).toMatchObject({ runningCount: 2, tags: [{ value: "two" }] });
    const { address } = await stack.outputs();
    expect(await (await fetch(`http://${address}/`)).text()).toBe("tag two");
  });

  it("deploys a changed definition as its next revision", async () => {
    const environment = [
      { name: "B", value: "2" },
      { name: "A", value: "2" },
    ];
    await stack.program(text({ tag: "two", retention: 30, environment }));
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.steps).toEqual(["replace web: containerDefinitions", "update web: desiredCount, taskDefinition"]);
    expect(await service()).toMatchObject({
      runningCount: 1,
      taskDefinition: expect.stringMatching(/:2$/),
      deployments: [{ rolloutState: "COMPLETED" }],
    });
    const first = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: "retrofit-test-web:1" }));
    expect(first.taskDefinition?.status).toBe("INACTIVE");
    await stack.program(text({ tag: "two", retention: 30, environment: environment.toReversed() }));
    expect((await stack.preview()).steps).toEqual([]);
  });

  const settled = {
    tag: "two",
    retention: 30,
    environment: [
      { name: "A", value: "2" },
      { name: "B", value: "2" },
    ],
  };

  it("survives the death of its daemon", async () => {
    const { pid } = JSON.parse(readFileSync(join(folder, "daemon.json"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    expect((await stack.preview("--refresh")).steps).toEqual([]);
    await eventually(
      async () =>
        expect(await service()).toMatchObject({ runningCount: 1, deployments: [{ rolloutState: "COMPLETED" }] }),
      30,
    );
    const { address } = await stack.outputs();
    expect(await (await fetch(`http://${address}/`)).text()).toBe("tag two");
  });

  it("has jobs that fail, and tasks without the right to their secret", async () => {
    const failed = await job("sh", "-c", "exit 3");
    expect(failed).toMatchObject({ stopCode: "EssentialContainerExited", containers: [{ exitCode: 3 }] });
    await stack.program(text({ ...settled, secretRight: false }));
    expect((await stack.up()).steps).toEqual(["delete secret"]);
    const denied = await job("true");
    expect(denied.stopCode).toBe("TaskFailedToStart");
    expect(denied.stoppedReason).toMatch(
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role\/execution-[0-9a-f]{7}\/[0-9a-f]{32} is not authorized to perform: secretsmanager:GetSecretValue/,
    );
    await stack.program(text(settled));
    expect((await stack.up()).ok).toBe(true);
  });

  it("has tasks whose role may no longer pull their image", async () => {
    await stack.program(text({ ...settled, pullRight: false }));
    expect((await stack.up()).steps.toSorted()).toEqual(["create log", "delete pull-and-log"]);
    const denied = await job("true");
    expect(denied.stopCode).toBe("TaskFailedToStart");
    expect(denied.stoppedReason).toMatch(
      /^ResourceInitializationError: unable to pull secrets or registry auth: .*unable to retrieve ecr registry auth: .*AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role\/execution-[0-9a-f]{7}\/[0-9a-f]{32} is not authorized to perform: ecr:GetAuthorizationToken on resource: \*/,
    );
    await stack.program(text(settled));
    expect((await stack.up()).ok).toBe(true);
    expect((await job("true")).stopCode).toBe("EssentialContainerExited");
  });

  it("fails on demand: the image is not there", async () => {
    await control("fail", JSON.stringify({ operation: "run", type: "web", error: "imageNotFound", times: 1 }));
    const failed = await job("true");
    expect(failed.stoppedReason).toContain("CannotPullContainerError");
  });

  it("imports what exists, each type by what it is imported by", async () => {
    const { logGroup, definitionArn, clusterArn } = (await stack.outputs()) as Record<string, string>;
    const cluster = clusterArn?.split("/").at(-1);
    const options = (id: string | undefined) => `{ import: "${id}", retainOnDelete: true }`;
    const extra = `
new aws.cloudwatch.LogGroup("log-again", { name: "${logGroup}", retentionInDays: 30, tags: { a: "two" } }, ${options(logGroup)});
new aws.ecs.Cluster("cluster-again", { name: "${cluster}", settings: [{ name: "containerInsights", value: "enabled" }] }, ${options(cluster)});
new aws.ecs.TaskDefinition("definition-again", {
  family: definition.family, containerDefinitions: definition.containerDefinitions, executionRoleArn: execution.arn,
  requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512",
}, ${options(definitionArn)});`;
    await stack.program(text({ ...settled, extra }));
    const up = await stack.up();
    expect(up.messages).toBe("");
    expect(up.steps.toSorted()).toEqual(["import cluster-again", "import definition-again", "import log-again"]);
    await stack.program(text(settled));
    expect((await stack.up()).steps.toSorted()).toEqual([
      "delete cluster-again",
      "delete definition-again",
      "delete log-again",
    ]);
    expect((await stack.preview("--refresh")).steps).toEqual([]);
  });

  it("does not delete a repository that holds images, and leaves nothing otherwise", async () => {
    await stack.program(text({ ...settled, forceDelete: false }));
    expect((await stack.up()).ok).toBe(true);
    const held = `http://${registry}/v2/${repository}/tags/list`;
    expect(await (await fetch(held)).json()).toMatchObject({ tags: ["1"] });
    await stack.program("");
    const refused = await stack.up("--continue-on-error");
    expect(refused.messages).toContain(
      "RepositoryNotEmptyException: The repository with name 'retrofit-test/tiny' in registry with id '123456789012' cannot be deleted because it still contains images",
    );
    const url = `http://${registry}/v2/${repository}/manifests`;
    await fetch(`${url}/${digest}`, { method: "DELETE" });
    expect((await stack.up()).messages).toBe("");
    await eventually(async () => {
      expect(existsSync(folder)).toBe(false);
      expect(client.isRunning()).toBe(false);
    });
    expect(await leftOf("aws", folder)).toEqual([]);
  });
});
