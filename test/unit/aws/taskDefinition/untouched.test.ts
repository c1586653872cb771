import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { LaunchType } from "../../../../components/aws/taskDefinition/model.ts";
import { type ReadOptions, readApp } from "../../../../compose/read.ts";
import { UserError } from "../../../../userError.ts";
import { makeAuthorsFiles } from "../../../fixtures/untouched/authorsFiles.ts";
import { root } from "../../../support/stack.ts";
import { container, planned, render } from "./rendered.ts";

// Compose files as their authors would have them. What ECS cannot take over is refused with a mend; what follows the mend, in the
// stack's configuration alone, is rendered.

const fixtures = join(root, "test/fixtures/untouched");

beforeAll(async () => {
  for (const app of ["cloudtalents", "containerize"]) await makeAuthorsFiles(app);
});

async function rendered(app: string, launchType: LaunchType, options: Partial<ReadOptions> = {}) {
  const read = await readApp({ file: join(fixtures, app), target: "aws", launchType, ...options });
  const plan = planned(read, launchType);
  return { plan, definitions: render(read, plan) };
}

async function refusal(app: string, launchType: LaunchType, options: Partial<ReadOptions> = {}): Promise<string> {
  const error = await rendered(app, launchType, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error(`${app} was rendered`);
  return error.message;
}

it("renders flask-upload-demo", async () => {
  const { plan, definitions } = await rendered("flask-upload-demo", "fargate");
  expect(definitions.map(({ family }) => family)).toEqual(["flask-upload-demo-dev-demo"]);
  expect([...plan.fileSystems.keys()]).toEqual(["uploads"]);
  const reasons = plan.warnings.map(({ reason }) => reason);
  expect(reasons).toContain(
    "has no command, and ECS looks at no image's own check: a container that runs counts as healthy",
  );
});

it("renders cloudtalents, whose nginx reaches the web service by its container's name", async () => {
  const { plan, definitions } = await rendered("cloudtalents", "fargate");
  const web = plan.tasks.find(({ name }) => name === "web");
  expect(web?.connect).toEqual([{ portName: "tcp-8000", port: 8000, dnsNames: ["web", "app"] }]);
  expect(plan.tasks.find(({ name }) => name === "db")?.connect[0]?.port).toBe(5432);
  expect(container(definitions, "web").secrets?.map(({ name }) => name)).toContain("SQL_PASSWORD");
  expect(container(definitions, "web").healthCheck).toBeUndefined();
});

it("renders docker-example, whose apps extend an image with the port; that image's own service is a job", async () => {
  const extension = {
    volumes: { app1_static: { storage: "image" }, app2_static: { storage: "image" } },
  } as const;
  const { plan, definitions } = await rendered("docker-example", "fargate", { extension });
  expect(plan.tasks.map(({ name, job, connect }) => [name, job, connect.map(({ port }) => port)])).toEqual([
    ["app1", false, [5000]],
    ["mongo", false, [27017]],
    ["app2", false, [5000]],
    ["flask-uwsgi", true, []],
    ["nginx", false, [80, 8080]],
  ]);
  // What is linked as `db` answers to that name too.
  expect(plan.tasks.find(({ name }) => name === "mongo")?.connect[0]?.dnsNames).toEqual(["mongo", "db"]);
  expect(container(definitions, "nginx").mountPoints.map(({ containerPath }) => containerPath)).toEqual([
    "/var/www/app1-static",
    "/var/www/app2-static",
  ]);
  const ec2 = await rendered("docker-example", "ec2", { extension });
  expect(container(ec2.definitions, "app2").links).toEqual(["app1:app1", "mongo:db", "mongo:mongo"]);
});

it("renders flask-by-example, its password a secret of the stack", async () => {
  const options = { secretNames: ["DBPASS"], extension: { services: { migrations: { job: true } } } } as const;
  const { plan, definitions } = await rendered("flask-by-example", "fargate", options);
  expect(plan.tasks.find(({ name }) => name === "app")?.dependsOn).toEqual({ db: "started", redis: "started" });
  expect(container(definitions, "app").secrets?.map(({ name }) => name)).toEqual(["DATABASE_URL"]);
  expect(container(definitions, "db").secrets?.map(({ name }) => name)).toEqual(["POSTGRES_PASSWORD"]);
});

const where = "compose.yaml";

it("refuses what containerize mounts writable, naming what to say in the stack's configuration", async () => {
  const told = await refusal("containerize", "fargate");
  const mend = (service: string, target: string) =>
    `Say in retrofit:services.${service}.binds what becomes of ${target}: "disk" to keep it, "copy" to take its content along, read-only, "drop" to leave it out.`;
  expect(told.split("\n").map((line) => line.replace(/is a writable bind of .*? does not have/, "..."))).toEqual([
    `${where}:21: services.app.volumes[0] .... ${mend("app", "/service/src")}`,
    `${where}:36: services.nginx.volumes[0] .... ${mend("nginx", "/var/log/nginx")}`,
    `${where}:37: services.nginx.volumes[1] .... ${mend("nginx", "/etc/nginx/ssl/localhost.crt")}`,
    `${where}:38: services.nginx.volumes[2] .... ${mend("nginx", "/etc/nginx/ssl/localhost.key")}`,
  ]);
});

it.each(["fargate", "ec2"] as const)(
  "renders containerize on %s with its key pair from the stack's secrets",
  async (launchType) => {
    const { plan, definitions } = await rendered("containerize", launchType, {
      secretNames: ["CERTIFICATE", "KEY"],
      extension: {
        services: {
          app: { binds: { "/service/src": "drop" } },
          nginx: {
            binds: {
              "/var/log/nginx": "drop",
              "/etc/nginx/ssl/localhost.crt": "drop",
              "/etc/nginx/ssl/localhost.key": "drop",
            },
            environment: {
              TLS_CERTIFICATE: { secret: [{ name: "CERTIFICATE" }] },
              TLS_KEY: { secret: [{ name: "KEY" }] },
            },
          },
        },
      },
    });
    // The author's own key stays where it is.
    expect([...plan.secrets.keys()]).toEqual(["nginx-TLS_CERTIFICATE", "nginx-TLS_KEY"]);
    const nginx = container(definitions, "nginx");
    expect(nginx.secrets?.map(({ name }) => name)).toEqual(["TLS_CERTIFICATE", "TLS_KEY"]);
    expect(nginx.mountPoints).toEqual([
      { sourceVolume: "nginx-var-log-nginx", containerPath: "/var/log/nginx", readOnly: false },
    ]);
  },
);
