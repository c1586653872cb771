import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Deployment, type DeploymentArgs } from "../../../components/aws/deployment.ts";
import { EcrRepositories } from "../../../components/aws/ecrRepositories.ts";
import { repositoriesOf } from "../../../components/aws/ownImages.ts";
import { planTasks } from "../../../components/aws/taskDefinition/plan.ts";
import type { RegistryCredentials } from "../../../components/registries/registry.ts";
import type { App } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { app, build, secretsOf, service } from "../../support/app.ts";
import { type Registration, registrationsOf } from "../../support/recorder.ts";
import { shop } from "../gcp/sampleApp.ts";

export const account = "123456789012";
export const region = "eu-central-1";
export const digest = `sha256:${"1".repeat(64)}`;

/** ARN of the tests' account. */
export const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;

/** What AWS gives to what it makes. */
export const computed: Record<string, (name: string) => object> = {
  "aws:ecr/repository:Repository": (name) => ({ arn: arn("ecr", `repository/${name}`) }),
  "aws:cloudwatch/logGroup:LogGroup": (name) => ({ arn: arn("logs", `log-group:${name}`) }),
  "aws:iam/role:Role": (name) => ({ arn: `arn:aws:iam::${account}:role/${name}` }),
  "aws:secretsmanager/secret:Secret": (name) => ({ arn: arn("secretsmanager", `secret:${name}-AbCdEf`) }),
  "aws:secretsmanager/secretVersion:SecretVersion": (name) => ({ versionId: `version-of-${name}` }),
  "aws:efs/accessPoint:AccessPoint": (name) => ({ arn: arn("elasticfilesystem", `access-point/${name}`) }),
  "aws:s3/bucket:Bucket": (name) => ({ bucket: name, arn: `arn:aws:s3:::${name}` }),
  "aws:s3/filesFileSystem:FilesFileSystem": () => ({ arn: arn("s3files", "file-system/fs-0a") }),
  "aws:s3/filesAccessPoint:FilesAccessPoint": (name) => ({
    arn: arn("s3files", `file-system/fs-0a/access-point/${name}`),
  }),
  "aws:ecs/cluster:Cluster": (name) => ({ arn: arn("ecs", `cluster/${name}`) }),
  "aws:ecs/taskDefinition:TaskDefinition": (name) => ({ arn: arn("ecs", `task-definition/${name}:1`) }),
  "aws:ecs/service:Service": (name) => ({ arn: arn("ecs", `service/shop/${name}`) }),
  "aws:servicediscovery/httpNamespace:HttpNamespace": (name) => ({ arn: arn("servicediscovery", `namespace/${name}`) }),
  "aws:lb/loadBalancer:LoadBalancer": (name) => ({
    arn: arn("elasticloadbalancing", `loadbalancer/app/${name}`),
    arnSuffix: `app/${name}`,
    dnsName: "shop-1.eu-central-1.elb.amazonaws.com",
  }),
  "aws:lb/targetGroup:TargetGroup": (name) => ({
    arn: arn("elasticloadbalancing", `targetgroup/${name}`),
    arnSuffix: `targetgroup/${name}`,
  }),
  "aws:acm/certificate:Certificate": (name) => ({ arn: arn("acm", `certificate/${name}`) }),
  "docker-build:index:Image": () => ({ digest }),
};

/** An app deployed under mocks: what was asked for, and what it tells. */
export async function deployed(
  app: App,
  more: Partial<DeploymentArgs> & {
    readonly launchType?: LaunchType;
    /** Of the components, as the target gives them the app's. @default "shop" */
    readonly name?: string;
    /** For other registries than ECR. */
    readonly logins?: readonly RegistryCredentials[];
    readonly opts?: pulumi.ComponentResourceOptions;
    /** Called when the constructor has returned. */
    readonly constructed?: () => void;
  } = {},
): Promise<{ all: Registration[]; deployment: Deployment }> {
  const { launchType = "fargate", name = "shop", logins, opts, constructed, ...args } = more;
  const contexts = mkdtempSync(join(tmpdir(), "retrofit-contexts-"));
  let deployment: Deployment | undefined;
  const all = await registrationsOf(() => {
    const plan = planTasks(app, { launchType, contexts });
    const services = repositoriesOf(app, plan);
    const place = { account, region, namespace: `${name}-test` };
    const registry = new EcrRepositories(`${name}-registry`, { ...place, services, logins });
    const images = Object.fromEntries(
      [...app.services.values()].map(({ name: service, image }) => [
        service,
        image.kind === "registry"
          ? { reference: pulumi.output(image.reference), own: false }
          : { reference: pulumi.output(`${registry.repository(service)}@${digest}`), own: true },
      ]),
    );
    const secrets = secretsOf({ DB_PASSWORD: "hunter2hunter2" });
    deployment = new Deployment(name, { app, plan, registry, images, secrets, account, region, ...args }, opts);
    constructed?.();
  }, computed).finally(() => rmSync(contexts, { recursive: true }));
  return { all, deployment: deployment as Deployment };
}

/** The last word of each type and its name, sorted. */
export const kinds = (all: readonly Registration[]) =>
  all.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort();

export const inputsOf = (all: readonly Registration[], name: string) => all.find((each) => each.name === name)?.inputs;

/** The value of an input that was marked as secret. @throws where it was not */
export function secretOf(input: unknown): unknown {
  const secret = input as { readonly value?: unknown; readonly "4dabf18193072939515e22adb298388d"?: string };
  // https://www.pulumi.com/docs/iac/concepts/secrets: by this the engine tells a secret from an object.
  if (secret["4dabf18193072939515e22adb298388d"] === "1b47061264138c4ac30d75fd1eb44270") return secret.value;
  throw new Error(`not secret: ${JSON.stringify(input)}`);
}

/** An app with one service that is open to the world. */
export const plain = app([
  service("web", {
    image: { kind: "build", build: build("/srv/shop") },
    ports: [{ target: 5000, published: 80, protocol: "tcp" }],
  }),
]);

const once = <T>(make: () => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
/** What is asked for with the defaults. */
export const plainApp = once(() => deployed(plain));
export const shopApp = once(() => deployed(shop));

/** The statements of a role's policy. */
export const policyOf = (all: readonly Registration[], name: string) =>
  JSON.parse(inputsOf(all, name)?.policy as string).Statement as Record<string, unknown>[];

/** The containers of a task definition. */
export const containersOf = (all: readonly Registration[], task: string) =>
  JSON.parse(inputsOf(all, `shop-tasks-${task}-task-definition`)?.containerDefinitions as string) as Record<
    string,
    unknown
  >[];
