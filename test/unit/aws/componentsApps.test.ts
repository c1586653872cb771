import { afterAll, expect, it } from "vitest";
import type { App } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { secretsOf } from "../../support/app.ts";
import { deployed, inputsOf } from "./deployed.ts";
import { type Example, examples, readExample, removeCopies } from "./taskDefinition/rendered.ts";

afterAll(removeCopies);

function read(example: Example, launchType: LaunchType): Promise<App> {
  const { environment, ...options } = example.options ?? {};
  return readExample(
    { ...example, options: { ...options, environment: { HTTP_PORT: "80", ...environment } } },
    launchType,
  );
}

/** What is asked of an app on Fargate: the services, in the order in which they are made, and what leads to them. */
const expected: Readonly<Record<string, readonly [services: string[], balancer: string, endpoints: string[]]>> = {
  "hello-world": [["web"], "application", ["web:5000"]],
  "flask-upload-demo-basic": [["web"], "application", ["web:5000"]],
  "flask-upload-demo-nginx": [["web"], "application", ["web:8080"]],
  "docker-example": [["app1", "db", "app2", "nginx"], "application", ["nginx:8080"]],
  cloudtalents: [["db", "migrate", "web", "nginx"], "application", ["nginx:8080"]],
  "flask-by-example": [["db", "migrations", "redis", "app", "worker"], "application", ["app:5000"]],
  containerize: [["app", "prepare", "nginx"], "network", ["nginx:443", "nginx:80"]],
};

const secrets = () => secretsOf({ TLS_CERTIFICATE: "CERT", TLS_KEY: "KEY", SECRET_KEY: "s" });
const machines = { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], machinesGroupId: "sg-1" };

// Every app of docker/ is wired as a whole; that it works is shown on the embedded cloud.
it.each(Object.keys(expected))("deploys %s on Fargate", async (name) => {
  const [services, balancer, endpoints] = expected[name] as (typeof expected)[string];
  const { all, deployment } = await deployed(await read(examples[name] as Example, "fargate"), { secrets: secrets() });
  const made = all.filter(({ type }) => type === "aws:ecs/service:Service").map(({ inputs }) => inputs.name);
  expect(made.sort()).toEqual([...services].sort());
  expect(inputsOf(all, "shop-services-lb-elb")).toMatchObject({ loadBalancerType: balancer });
  const known = await new Promise<object>((resolve) => deployment.endpoints.apply(resolve));
  expect(Object.keys(known).sort()).toEqual([...endpoints].sort());
  expect(Object.keys(deployment.taskDefinitions)).toEqual(services);
});

it.each(Object.keys(expected))("deploys %s on EC2 as one task", async (name) => {
  const app = await read(examples[name] as Example, "ec2");
  const { all, deployment } = await deployed(app, {
    launchType: "ec2",
    cluster: "machines",
    network: machines,
    secrets: secrets(),
  });
  expect(Object.keys(deployment.taskDefinitions)).toEqual([app.name]);
  const service = all.find(({ type }) => type === "aws:ecs/service:Service")?.inputs;
  expect(service).toMatchObject({ launchType: "EC2", name: `${app.name}-test` });
});

it.each<LaunchType>(["fargate", "ec2"])(
  "refuses on %s what mounts a file system itself, by name",
  async (launchType) => {
    const example: Example = {
      app: "flask-upload-demo",
      variant: "gcsfuse",
      options: { environment: { GCS_BUCKET: "bucket" } },
    };
    const refused = read(example, launchType);
    if (launchType === "ec2") await expect(refused).resolves.toBeDefined();
    else await expect(refused).rejects.toThrow(/services\.web\.(devices|cap_add)/);
  },
);
