import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
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
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker, root } from "../support/stack.ts";

const account = "123456789012";
const region = "eu-central-1";
const registry = "127.0.0.1:5050";
const repository = `${account}.dkr.ecr.${region}.amazonaws.com/retrofit-test/tiny`;
const credentials = { accessKeyId: account, secretAccessKey: "signed-with-this" };

const program = (change: Record<string, unknown> = {}) => {
  const {
    digest = "",
    environment = [{ name: "A", value: "1" }],
    desiredCount = 1,
    tag = "one",
    secretRight = true,
    retention = 7,
    extra = "",
    forceDelete = true,
  } = change;
  return `
const tasksTrust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "aws:SourceAccount": "${account}" } } }] });
const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16", enableDnsHostnames: true, tags: { Name: "${tag}" } });
const gateway = new aws.ec2.InternetGateway("gateway", { vpcId: vpc.id });
const table = new aws.ec2.RouteTable("table", { vpcId: vpc.id });
const route = new aws.ec2.Route("out", { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id });
const subnets = ["a", "b"].map((zone, n) => new aws.ec2.Subnet("subnet-" + zone, { vpcId: vpc.id, cidrBlock: \`10.0.\${n}.0/24\`, availabilityZone: "${region}" + zone }));
const routes = subnets.map((subnet, n) => new aws.ec2.RouteTableAssociation("routes-" + n, { subnetId: subnet.id, routeTableId: table.id }));
const group = new aws.ec2.SecurityGroup("tasks", { vpcId: vpc.id, description: "Tasks" });
const out = new aws.vpc.SecurityGroupEgressRule("tasks-out", { securityGroupId: group.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" });
const balancerGroup = new aws.ec2.SecurityGroup("balancer", { vpcId: vpc.id });
new aws.vpc.SecurityGroupIngressRule("balancer-in", { securityGroupId: balancerGroup.id, ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIpv4: "0.0.0.0/0" });
const balancer = new aws.lb.LoadBalancer("web", { subnets: subnets.map(({ id }) => id), securityGroups: [balancerGroup.id], dropInvalidHeaderFields: true }, { dependsOn: [gateway] });
const listener = new aws.lb.Listener("web", { loadBalancerArn: balancer.arn, port: 80, defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", messageBody: "tag ${tag}", statusCode: "200" } }] });
const images = new aws.ecr.Repository("tiny", { name: "retrofit-test/tiny", imageTagMutability: "IMMUTABLE", forceDelete: ${forceDelete} });
new aws.ecr.LifecyclePolicy("tiny", { repository: images.name, policy: { rules: [{ rulePriority: 1, selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 9 }, action: { type: "expire" } }] } });
const logs = new aws.cloudwatch.LogGroup("logs", { retentionInDays: ${retention}, tags: { a: "${tag}" } });
const secret = new aws.secretsmanager.Secret("password", { recoveryWindowInDays: 0 });
const version = new aws.secretsmanager.SecretVersion("password", { secretId: secret.id, secretString: pulumi.secret("s3cret-value") });
const execution = new aws.iam.Role("execution", { assumeRolePolicy: tasksTrust });
new aws.iam.RolePolicyAttachment("pull-and-log", { role: execution.name, policyArn: "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy" });
${secretRight ? 'const right = new aws.iam.RolePolicy("secret", { role: execution.id, policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: secret.arn }] } });' : ""}
const cluster = new aws.ecs.Cluster("cluster", { settings: [{ name: "containerInsights", value: "enabled" }] });
const definition = new aws.ecs.TaskDefinition("web", {
  family: "retrofit-test-web", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512", executionRoleArn: execution.arn,
  containerDefinitions: pulumi.jsonStringify([{
    name: "web", image: "${repository}@${digest}", essential: true, stopTimeout: 2,
    command: ["sh", "-c", "echo $A $PASSWORD_LENGTH; trap 'exit 0' TERM; while true; do sleep 0.2; done"],
    environment: ${JSON.stringify(environment)}, secrets: [{ name: "PASSWORD", valueFrom: secret.arn }],
    logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": logs.name, "awslogs-region": "${region}", "awslogs-stream-prefix": "web" } },
  }]),
}, { dependsOn: [version${secretRight ? ", right" : ""}] });
const service = new aws.ecs.Service("web", {
  cluster: cluster.arn, taskDefinition: definition.arn, launchType: "FARGATE", desiredCount: ${desiredCount},
  networkConfiguration: { subnets: subnets.map(({ id }) => id), securityGroups: [group.id], assignPublicIp: true },
  deploymentCircuitBreaker: { enable: true, rollback: true }, waitForSteadyState: true, tags: { "retrofit-release": "${tag}" },
}, { dependsOn: [route, ...routes, out] });
${extra}
export const clusterArn = cluster.arn;
export const serviceName = service.name;
export const definitionArn = definition.arn;
export const subnetId = subnets[0].id;
export const groupId = group.id;
export const address = balancer.dnsName;
export const repositoryUrl = images.repositoryUrl;
export const secretArn = secret.arn;
export const logGroup = logs.name;
`;
};

describe("the aws provider server", () => {
  let stack: ProviderStack;
  let client: Client;
  let folder: string;
  let digest: string;
  let api: ChildProcess;
  let ecs: ECSClient;
  let logs: CloudWatchLogsClient;
  const control = (command: string, ...args: string[]) => client.ask({ kind: "control", command, args });
  const text = (change: Record<string, unknown> = {}) => program({ digest, ...change });

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
  }, 120_000);
  afterAll(async () => {
    ecs?.destroy();
    logs?.destroy();
    api?.stdin?.end();
    await stack.program("");
    await stack.remove();
  }, 120_000);

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
    }, 60);
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
      address: expect.stringMatching(/^127\.4[0-7]\.\d+\.1$/),
      repositoryUrl: repository,
      secretArn: expect.stringMatching(/:secret:password-[0-9a-f]{7}-[A-Za-z0-9]{6}$/),
    });
  }, 120_000);

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
    }, 20);
    expect(await (await fetch(`http://${address}/`)).text()).toBe("tag one");
  }, 60_000);

  it("keeps secrets to itself", async () => {
    expect(await stack.backend()).not.toContain("s3cret-value");
    expect(readFileSync(join(folder, "state.json"), "utf8")).not.toContain("s3cret-value");
    const { definitionArn } = (await stack.outputs()) as Record<string, string>;
    const described = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: definitionArn }));
    expect(JSON.stringify(described)).not.toContain("s3cret-value");
    expect((await job("sh", "-c", 'test "$PASSWORD" = s3cret-value')).containers?.[0]?.exitCode).toBe(0);
  }, 60_000);

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
  }, 60_000);

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
  }, 120_000);

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
  }, 60_000);

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
  }, 120_000);

  it("fails on demand: the image is not there", async () => {
    await control("fail", JSON.stringify({ operation: "run", type: "web", error: "imageNotFound", times: 1 }));
    const failed = await job("true");
    expect(failed.stoppedReason).toContain("CannotPullContainerError");
  }, 60_000);

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
  }, 60_000);

  it.each([
    [
      "an unknown property",
      'new aws.ecs.Cluster("c", { settings: [{ name: "containerInsights", valeu: "enabled" }] });',
      "settings[0].valeu is no property here",
    ],
    ["what is not imitated", 'new aws.s3.Bucket("b", { acl: "private" });', "the embedded cloud does not imitate it"],
    ["a type that it does not have", 'new aws.sqs.Queue("q");', "aws:sqs/queue:Queue is not implemented"],
    [
      "what Fargate cannot do",
      'new aws.ecs.TaskDefinition("t", { family: "t", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "4096", containerDefinitions: JSON.stringify([{ name: "a", image: "b" }]) });',
      "api error ClientException: No Fargate configuration exists for given values: 256 CPU, 4096 memory.",
    ],
    [
      "a container's unknown field",
      'new aws.ecs.TaskDefinition("t", { family: "t", containerDefinitions: JSON.stringify([{ name: "a", imgae: "b" }]) });',
      "container_definitions is invalid: containerDefinitions[0].imgae is unknown",
    ],
    [
      "a trust policy that is none",
      'new aws.iam.Role("r", { assumeRolePolicy: "{}" });',
      "assumeRolePolicy must be a policy document",
    ],
    [
      "a group of another VPC",
      'const v = new aws.ec2.Vpc("v", { cidrBlock: "10.1.0.0/16" }); const g = new aws.ec2.SecurityGroup("g", { vpcId: v.id }); new aws.vpc.SecurityGroupIngressRule("r", { securityGroupId: g.id, referencedSecurityGroupId: group.id, ipProtocol: "-1" });',
      "does not belong to VPC",
    ],
  ])("refuses %s", async (_, extra, message) => {
    await stack.program(text({ ...settled, extra }));
    const up = await stack.up("--continue-on-error");
    expect(up.ok).toBe(false);
    expect(up.messages).toContain(message);
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
    }, 30);
    const filter = [
      "--quiet",
      "--filter",
      `label=retrofit.embedded.aws=${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`,
    ];
    expect(await docker("ps", "--all", ...filter)).toBe("");
    expect(await docker("volume", "ls", ...filter)).toBe("");
    expect(await docker("network", "ls", ...filter)).toBe("");
  }, 180_000);
});
