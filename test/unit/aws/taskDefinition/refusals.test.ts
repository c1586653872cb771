import { expect, test } from "vitest";
import { planTasks } from "../../../../components/aws/taskDefinition/plan.ts";
import type { Finding } from "../../../../compose/model.ts";
import type { ReadOptions } from "../../../../compose/read.ts";
import { UserError } from "../../../../userError.ts";
import { read, two, web } from "../../compose/project.ts";

// What only shows when several fields are seen together; single fields are the support table's (test/unit/compose).

interface Case {
  readonly files: string | Readonly<Record<string, string>>;
  readonly launchType?: "fargate" | "ec2";
  readonly options?: Partial<ReadOptions>;
  readonly says: string;
}

async function planOf({ files, launchType = "fargate", options }: Omit<Case, "says">) {
  const app = await read(files, { target: "aws", launchType, ...options });
  return planTasks(app, { launchType, contexts: "/contexts" });
}

const checked = 'healthcheck: { test: [CMD, "true"] }';
const sized = "cpus: 0.25, mem_limit: 512m";

const refused: Readonly<Record<string, Case>> = {
  "more than Fargate has": {
    files: two(`${checked}, cpus: 17`, `${checked}, deploy: { resources: { limits: { memory: 121g } } }`),
    says: `compose.yaml:2: services.web.deploy.resources.limits is 17 CPU, more than a task on Fargate can have. Give at most 16 CPUs and 120 GiB, or deploy with the launch type ec2.
compose.yaml:3: services.db.deploy.resources.limits is 121 GiB, more than a task on Fargate can have. Give at most 16 CPUs and 120 GiB, or deploy with the launch type ec2.`,
  },
  "less memory than Docker takes, and a reservation that is not below the limit": {
    files: `services:
  web:
    image: nginx
    deploy:
      resources:
        limits: { memory: 5m }
        reservations: { memory: 5m }
`,
    says: `compose.yaml:6: services.web.deploy.resources.limits.memory is below 6 MiB. Give at least 6m.
compose.yaml:7: services.web.deploy.resources.reservations.memory is not below the limit, as ECS wants it. Give less, or leave it out.`,
  },
  "one port for two protocols": {
    files: web('ports: ["53:53", "53:53/udp"]'),
    says: "compose.yaml:2: services.web.ports[1] has the port 53 for TCP and UDP, which a task on Fargate cannot have. Publish it for one of the two.",
  },
  "one name and port for two services": {
    files: two(
      "expose: [80], networks: { default: { aliases: [www] } }",
      "expose: [80], networks: { default: { aliases: [www] } }",
    ),
    says: "compose.yaml:2: services.web.networks gives it the name www for port 80, which db has too. Choose another name for one of the two.",
  },
  "limits that ECS or Fargate does not have": {
    files: web("ulimits: { nofile: 100000, rtprio2: 3 }"),
    says: `compose.yaml:2: services.web.ulimits.nofile is 100000, and Fargate allows 65535. Give at most 65535.
compose.yaml:2: services.web.ulimits.rtprio2 is a limit that ECS does not know. Remove it.`,
  },
  "waiting in one task for a check that ECS does not see": {
    files: two("depends_on: { db: { condition: service_healthy } }", ""),
    launchType: "ec2",
    says: "compose.yaml:2: services.web.depends_on.db.condition waits until db is healthy, for which the file has no check, and ECS looks at no image's own. Give db a healthcheck with a test, or take the condition service_started.",
  },
  "two platforms in one task": {
    files: two("platform: linux/amd64", "platform: linux/arm64"),
    launchType: "ec2",
    says: `compose.yaml:2: services.web.platform is linux/amd64, and that of db is linux/arm64, but both are in one task. Give all services one platform, or deploy with the launch type fargate.
compose.yaml:3: services.db.platform is linux/arm64, and that of web is linux/amd64, but both are in one task. Give all services one platform, or deploy with the launch type fargate.`,
  },
  "a file in a tmpfs": {
    files: {
      "compose.yaml": web(
        "tmpfs: [/tmp], configs: [{ source: a, target: /tmp/a.conf }]",
        "configs: { a: { content: b } }",
      ),
    },
    says: "compose.yaml:2: services.web.configs[0] is put into /tmp, which is a tmpfs and begins empty on ECS. Give it another target.",
  },
  "file systems that are none": {
    files: two('volumes: ["one:/a"]', 'volumes: ["other:/b"]', "volumes: { one: {}, other: {} }"),
    launchType: "ec2",
    options: {
      extension: {
        volumes: {
          one: { storage: "bucket", existing: "my-bucket" },
          other: { storage: "bucket", existing: "arn:aws:s3files:eu-central-1:1:file-system/fs-1" },
        },
      },
    },
    says: `stack configuration: retrofit:volumes.one.existing is my-bucket, which is no file system of AWS. Give the id of an EFS file system, fs-..., or the ARN of one of S3 Files.
stack configuration: retrofit:volumes.other.existing is a file system of S3 Files, which the launch type ec2 cannot mount. Give the id of an EFS file system, or deploy with the launch type fargate.`,
  },
  "a secret that Secrets Manager cannot keep": {
    files: {
      "compose.yaml": web('volumes: ["./server.key:/run/secrets/key:ro"]'),
      "server.key": "k".repeat(65_537),
    },
    says: "<folder>/server.key: it looks like a secret, and is longer than the 64 KiB that Secrets Manager keeps. Make it readable for others if it is none, or leave the mount out.",
  },
  "the name of the container that prepares": {
    files: "services:\n  retrofit-prepare: { image: nginx }\n",
    says: "compose.yaml:2: services.retrofit-prepare has the name of the container that prepares volumes. Choose another name.",
  },
};

test.each(Object.entries(refused))("refuses %s", async (_, { says, ...what }) => {
  const error = await planOf(what).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw error;
  expect(error.message.replaceAll(/\/\S*?\/compose-\w+(?=\/)/g, "<folder>")).toBe(says);
});

const warned: Readonly<Record<string, Case>> = {
  "a size that is rounded": {
    files: two(`${checked}, cpus: 0.3`, checked),
    says: `compose.yaml:2: services.web.deploy.resources.limits asks for 0.3 CPU, and gets 0.5 CPU and 1 GiB, the smallest pair of Fargate that holds it
compose.yaml:3: services.db.deploy.resources.limits says nothing of its size, and gets 0.25 CPU and 512 MiB, the smallest pair of Fargate that holds it`,
  },
  "health checks that ECS does not see, or takes at other times": {
    files: two(
      `${sized}, healthcheck: { test: [CMD, "true"], interval: 1s, timeout: 90s, retries: 11, start_period: 1h }, depends_on: { db: { condition: service_healthy } }`,
      sized,
    ),
    says: `compose.yaml:2: services.web.healthcheck.interval is 1, and ECS takes 5 at the least
compose.yaml:2: services.web.healthcheck.timeout is 90, and ECS takes 60 at the most
compose.yaml:2: services.web.healthcheck.retries is 11, and ECS takes 10 at the most
compose.yaml:2: services.web.healthcheck.start_period is 3600, and ECS takes 300 at the most
compose.yaml:2: services.web.depends_on.db.condition waits until db is healthy, for which the file has no check, and ECS looks at no image's own: it waits until db runs
compose.yaml:3: services.db.healthcheck has no command, and ECS looks at no image's own check: a container that runs counts as healthy`,
  },
  "a service that others wait for and nobody can reach": {
    files: `services:
  web: { image: nginx, ${sized}, ${checked}, depends_on: [api, queue] }
  api: { image: example/api, ${sized}, ${checked} }
  queue: { image: example/queue, ${sized}, ${checked} }
`,
    options: { extension: { services: { queue: { expose: [7000] } } } },
    says: "compose.yaml:3: services.api has no port that is known, so no other service reaches it: list them under retrofit:services.api.expose",
  },
  "no network on Fargate": {
    files: web(`${sized}, ${checked}, network_mode: none`),
    says: "compose.yaml:2: services.web.network_mode is none, but a task on Fargate always has a network interface",
  },
  "names with dots, which no link has": {
    files: web(`${checked}, networks: { default: { aliases: [www.example.com] } }`),
    launchType: "ec2",
    says: "compose.yaml:2: services.web.networks has names that no link can have: www.example.com",
  },
  "nothing, where all is said": {
    files: two(`${sized}, ${checked}`, `${sized}, healthcheck: { disable: true }`),
    says: "",
  },
};

test.each(Object.entries(warned))("tells of %s", async (_, { says, ...what }) => {
  const { warnings } = await planOf(what);
  const line = ({ where, field, reason }: Finding) => `${where}: ${field} ${reason}`;
  expect(warnings.map(line).join("\n")).toBe(says);
});
