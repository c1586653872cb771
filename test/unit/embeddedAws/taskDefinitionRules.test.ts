import { beforeEach, describe, expect, it } from "vitest";
import { definitionOf } from "../../../embedded/aws/resources/taskDefinition.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { fargate, SampleCloud } from "./sampleCloud.ts";

const type = "ecs/taskDefinition";
const web: PlainMap = { name: "web", image: "nginx:1" };
const ec2 = (containers: readonly PlainMap[], more: PlainMap = {}): PlainMap => ({
  family: "app",
  containerDefinitions: JSON.stringify(containers),
  ...more,
});

describe("a task definition", () => {
  let sample: SampleCloud;
  beforeEach(() => {
    sample = new SampleCloud();
  });

  const full: PlainMap = { ...web, portMappings: [{ containerPort: 80 }] };
  it.each<[string, PlainMap[], PlainMap, string]>([
    [
      "cpu and memory that Fargate does not have together",
      [web],
      { cpu: "256", memory: "4096" },
      "No Fargate configuration exists for given values: 256 CPU, 4096 memory.",
    ],
    [
      "cpu that it does not have",
      [web],
      { cpu: "300" },
      "No Fargate configuration exists for given values: 300 CPU, 512 memory.",
    ],
    ["bridge mode on Fargate", [web], { networkMode: "bridge" }, "Fargate only supports network mode ‘awsvpc’."],
    ["no container", [], {}, "Container list cannot be empty."],
    ["no essential container", [{ ...web, essential: false }], {}, "no essential container"],
    ["a name twice", [web, web], {}, "Container names must be unique: 'web' is there twice."],
    ["no name", [{ image: "nginx" }], {}, "Container.name should not be null or empty."],
    ["no image", [{ name: "web" }], {}, "Container.image should not be null or empty."],
    [
      "a privileged container",
      [{ ...web, privileged: true }],
      {},
      "Fargate compatible task definitions do not support privileged",
    ],
    ["devices", [{ ...web, linuxParameters: { devices: [{ hostPath: "/dev/fuse" }] } }], {}, "do not support devices"],
    ["shared memory", [{ ...web, linuxParameters: { sharedMemorySize: 64 } }], {}, "do not support sharedMemorySize"],
    [
      "a capability",
      [{ ...web, linuxParameters: { capabilities: { add: ["NET_ADMIN"] } } }],
      {},
      "capabilities other than SYS_PTRACE",
    ],
    ["the host's IPC", [web], { ipcMode: "host" }, "Tasks using the Fargate launch type do not support ipcMode."],
    ["a host's folder", [web], { volumes: [{ name: "v", hostPath: "/srv" }] }, "do not support sourcePath"],
    [
      "a Docker volume",
      [web],
      { volumes: [{ name: "v", dockerVolumeConfiguration: { scope: "task" } }] },
      "do not support dockerVolumeConfiguration",
    ],
    ["a long stop timeout", [{ ...web, stopTimeout: 121 }], {}, "120 seconds on Fargate, not 121"],
    ["links", [{ ...web, links: ["db"] }], {}, "Links are not supported when networkMode=awsvpc."],
    [
      "extra hosts",
      [{ ...web, extraHosts: [{ hostname: "a", ipAddress: "1.1.1.1" }] }],
      {},
      "Extra hosts are not supported when networkMode=awsvpc.",
    ],
    [
      "a hostname",
      [{ ...web, hostname: "web" }],
      {},
      "The hostname parameter is not supported when networkMode=awsvpc.",
    ],
    [
      "another host port",
      [{ ...web, portMappings: [{ containerPort: 80, hostPort: 8080 }] }],
      {},
      "the host ports and container ports in port mappings must match.",
    ],
    [
      "ECR without an execution role",
      [{ ...web, image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web" }],
      {},
      "execution role ARN to support ECR images.",
    ],
    [
      "logs without an execution role",
      [{ ...web, logConfiguration: { logDriver: "awslogs", options: {} } }],
      {},
      "execution role ARN to support log driver awslogs.",
    ],
    [
      "secrets without an execution role",
      [{ ...web, secrets: [{ name: "A", valueFrom: "arn" }] }],
      {},
      "you must also specify a value for 'executionRoleArn'.",
    ],
    [
      "a volume that is not there",
      [{ ...web, mountPoints: [{ sourceVolume: "v", containerPath: "/v" }] }],
      {},
      "Unknown volume 'v'.",
    ],
    [
      "a relative mount",
      [{ ...web, mountPoints: [{ sourceVolume: "v", containerPath: "v" }] }],
      { volumes: [{ name: "v" }] },
      "must be an absolute path",
    ],
    [
      "an access point without encryption",
      [web],
      {
        volumes: [
          {
            name: "v",
            efsVolumeConfiguration: { fileSystemId: "fs-1", authorizationConfig: { accessPointId: "fsap-1" } },
          },
        ],
      },
      "Transit encryption must be enabled",
    ],
    [
      "an access point with a folder",
      [web],
      {
        volumes: [
          {
            name: "v",
            efsVolumeConfiguration: {
              fileSystemId: "fs-1",
              rootDirectory: "/a",
              transitEncryption: "ENABLED",
              authorizationConfig: { accessPointId: "fsap-1" },
            },
          },
        ],
      },
      "the root directory must either be omitted or set to '/'.",
    ],
    [
      "S3 Files without a task role",
      [web],
      {
        volumes: [{ name: "v", s3filesVolumeConfiguration: { fileSystemArn: "arn:aws:s3files:a:1:file-system/fs-1" } }],
      },
      "must include a Task IAM Role",
    ],
    ["more memory than the task's", [{ ...web, memory: 1024 }], {}, "more than its 512"],
    ["more cpu than the task's", [{ ...web, cpu: 512 }], {}, "reserve 512 units, more than its 256"],
    [
      "a dependency that is not there",
      [{ ...web, dependsOn: [{ containerName: "db", condition: "START" }] }],
      {},
      "depends on 'db', which is not in the task definition.",
    ],
    [
      "waiting for health without a check",
      [web, { name: "app", image: "a", dependsOn: [{ containerName: "web", condition: "HEALTHY" }] }],
      {},
      "waits for 'web' to be HEALTHY, which has no health check.",
    ],
    [
      "waiting for the end of what is essential",
      [web, { name: "app", image: "a", dependsOn: [{ containerName: "web", condition: "SUCCESS" }] }],
      {},
      "which is essential",
    ],
    [
      "a cycle",
      [
        { ...web, dependsOn: [{ containerName: "app", condition: "START" }] },
        { name: "app", image: "a", dependsOn: [{ containerName: "web", condition: "START" }] },
      ],
      {},
      "Container dependencies form a cycle: web -> app -> web.",
    ],
    [
      "a health check of words without a kind",
      [{ ...web, healthCheck: { command: ["curl", "-f", "x"] } }],
      {},
      "a list that begins with CMD",
    ],
    [
      "a health check that never ends",
      [{ ...web, healthCheck: { command: ["CMD", "true"], interval: 301 } }],
      {},
      "Health check interval of container 'web' must be between 5 and 300, not 301.",
    ],
    [
      "a port name twice",
      [
        {
          ...web,
          portMappings: [
            { name: "a", containerPort: 80 },
            { name: "a", containerPort: 81 },
          ],
        },
      ],
      {},
      "'a' is there twice.",
    ],
    [
      "a port name with capitals",
      [{ ...web, portMappings: [{ name: "Web", containerPort: 80 }] }],
      {},
      "Invalid port mapping name 'Web'",
    ],
    [
      "a role that is not there",
      [full],
      { executionRoleArn: "arn:aws:iam::123456789012:role/no" },
      "Role is not valid: arn:aws:iam::123456789012:role/no",
    ],
    ["more than 64 KiB", [{ ...web, command: ["x".repeat(66_000)] }], {}, "Max allowed length is '65536' bytes."],
  ])("is refused with %s", async (_, containers, more, message) => {
    await expect(sample.create(type, fargate(containers, more))).rejects.toThrow(message);
    await expect(sample.create(type, fargate(containers, more))).rejects.toThrow(
      /^creating ECS Task Definition \(test\): operation error ECS: RegisterTaskDefinition, https response error StatusCode: 400, RequestID: [0-9a-f-]{36}, api error ClientException: /,
    );
  });

  it.each<[string, PlainMap[], string]>([
    ["no size", [web], "At least one of 'memory' or 'memoryReservation' must be specified."],
    [
      "more reserved than allowed",
      [{ ...web, memory: 64, memoryReservation: 128 }],
      "The 'memory' must be greater than 'memoryReservation'.",
    ],
    ["a link to nobody", [{ ...web, memory: 64, links: ["db:database"] }], "there is no container 'db'"],
    [
      "links in a circle",
      [
        { ...web, memory: 64, links: ["app"] },
        { name: "app", image: "a", memory: 64, links: ["web"] },
      ],
      "form a cycle",
    ],
    [
      "a secret of a variable's name",
      [{ ...web, memory: 64, environment: [{ name: "A", value: "" }], secrets: [{ name: "A", valueFrom: "x" }] }],
      "such as 'A'.",
    ],
  ])("on machines is refused with %s", async (_, containers, message) => {
    const executionRoleArn = await sample.role("execution", "ecs-tasks.amazonaws.com");
    await expect(sample.create(type, ec2(containers, { executionRoleArn }))).rejects.toThrow(message);
  });

  it("on machines may be privileged, linked, and on the host's folders and ports", async () => {
    const containers: PlainMap[] = [
      {
        ...web,
        memory: 64,
        links: ["db:database"],
        privileged: true,
        portMappings: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 443 }],
      },
      {
        name: "db",
        image: "postgres",
        memoryReservation: 64,
        mountPoints: [{ sourceVolume: "data", containerPath: "/data" }],
      },
    ];
    const volumes = [{ name: "data", hostPath: "/srv/data" }];
    const { outputs } = await sample.create(type, ec2(containers, { volumes }));
    expect(definitionOf(sample.cloud.store, outputs.arn as string)).toMatchObject({
      networkMode: "bridge",
      compatibilities: ["EC2"],
      volumes: [{ name: "data", host: { sourcePath: "/srv/data" } }],
      containerDefinitions: [{ portMappings: [{ hostPort: 8080 }, { hostPort: 0 }] }, {}],
    });
  });

  it.each([
    ["text that is no JSON", "[{", "container_definitions is invalid: Error decoding JSON"],
    ["an unknown field", '[{"name":"a","image":"b","enviroment":[]}]', "containerDefinitions[0].enviroment is unknown"],
    ["a wrong type", '[{"name":"a","image":"b","cpu":"1"}]', "containerDefinitions[0].cpu must be a whole number"],
    [
      "a condition that is none",
      '[{"name":"a","dependsOn":[{"containerName":"b","condition":"READY"}]}]',
      "condition must be one of START, COMPLETE, SUCCESS, HEALTHY",
    ],
  ])("is checked before anything is created: %s", (_, containerDefinitions, message) => {
    expect(() => sample.checked(type, { family: "a", containerDefinitions })).toThrow(message);
  });
});
