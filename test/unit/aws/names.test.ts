import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { App, Mount } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { app, build, service, volume } from "../../support/app.ts";
import type { Registration } from "../../support/recorder.ts";
import { deployed } from "./deployed.ts";

// Every name that AWS is given, of projects, services and volumes as Compose lets them be called. That AWS takes it is not shown: these
// are its rules as its documentation has them.

/** How names are made where none is given. */
const facts = JSON.parse(readFileSync(join(import.meta.dirname, "../../../embedded/aws/facts.json"), "utf8")) as {
  resources: Record<string, { autoName?: Record<string, { max: number; sep: string; lower?: boolean }> }>;
};

/** What a name must be like, by the kind of what has it. */
const rules: Readonly<Record<string, RegExp>> = {
  "aws:appautoscaling/policy:Policy": /^[ -~]{1,256}$/,
  "aws:cloudwatch/logGroup:LogGroup": /^[\w./#-]{1,512}$/,
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
  "aws:ec2/securityGroup:SecurityGroup": /^(?!sg-)[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/,
  // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
  "aws:ecr/repository:Repository": /^(?=.{2,256}$)[a-z][a-z0-9]*([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/,
  "aws:ecs/cluster:Cluster": /^[\w-]{1,255}$/,
  "aws:ecs/service:Service": /^[\w-]{1,255}$/,
  // https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
  "aws:efs/fileSystem:FileSystem": /^[!-~]{1,64}$/,
  "aws:iam/role:Role": /^[\w+=,.@-]{1,64}$/,
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
  "aws:iam/rolePolicy:RolePolicy": /^[\w+=,.@-]{1,128}$/,
  "aws:lb/loadBalancer:LoadBalancer": /^(?!internal-)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/,
  "aws:lb/targetGroup:TargetGroup": /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/,
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  "aws:s3/bucket:Bucket": /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
  "aws:secretsmanager/secret:Secret": /^[\w/+=.@-]{1,512}$/,
  // https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateHttpNamespace.html
  "aws:servicediscovery/httpNamespace:HttpNamespace": /^[!-~]{1,1024}$/,
};

const ecsName = /^[\w-]{1,255}$/;
/** https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html */
const path = /^(?=.{1,100}$)(\/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4}$/;

/** The name that a resource gets: what, and the rule that it must follow. */
function nameOf({ type, name, inputs }: Registration): [string, string, RegExp][] {
  const [[property, auto] = []] = Object.entries(facts.resources[type]?.autoName ?? {});
  if (property === undefined || auto === undefined) return [];
  const made = `${auto.lower ? name.toLowerCase() : name}${auto.sep}1234567`;
  expect(made.length, `${type} ${name}`).toBeLessThanOrEqual(inputs[property] === undefined ? auto.max : 1000);
  return [[`${type} ${name}`, (inputs[property] as string | undefined) ?? made, rules[type] as RegExp]];
}

/** Names that are part of something else. */
function partsOf({ type, name, inputs }: Registration): [string, string, RegExp][] {
  const parts: [string, unknown, RegExp][] = [];
  const add = (what: string, value: unknown, rule: RegExp) => parts.push([what, value, rule]);
  for (const value of Object.values((inputs.tags ?? {}) as object))
    add("tag", value, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u);
  if (type === "aws:ec2/securityGroup:SecurityGroup") {
    add("description", inputs.description, /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/);
  }
  if (type === "aws:efs/accessPoint:AccessPoint") add("path", (inputs.rootDirectory as { path: string }).path, path);
  if (type === "aws:s3/filesAccessPoint:FilesAccessPoint") {
    for (const each of inputs.rootDirectories as { path: string }[]) add("path", each.path, path);
  }
  if (type === "aws:ecs/service:Service") {
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectService.html
    for (const { portName, discoveryName, clientAlias } of connectOf(inputs)) {
      add("portName", portName, /^[a-z0-9_][a-z0-9_-]{0,63}$/);
      add("discoveryName", discoveryName, /^[a-z0-9_][a-z0-9_-]{0,63}$/);
      for (const { dnsName } of clientAlias) add("dnsName", dnsName, /^[a-z0-9_.][a-z0-9_.-]{0,126}$/);
    }
  }
  if (type === "aws:ecs/taskDefinition:TaskDefinition") {
    add("family", inputs.family, ecsName);
    for (const { name: each } of inputs.volumes as { name: string }[]) add("volume", each, ecsName);
    for (const container of JSON.parse(inputs.containerDefinitions as string)) {
      add("container", container.name, ecsName);
      add("stream", container.logConfiguration.options["awslogs-stream-prefix"], /^[^:*]{1,255}$/);
      for (const link of container.links ?? []) add("link", link, /^[\w-]+:[\w-]+$/);
    }
  }
  return parts.map(([what, value, rule]) => [`${what} of ${name}`, value as string, rule]);
}

interface Offer {
  readonly portName: string;
  readonly discoveryName: string;
  readonly clientAlias: readonly { readonly dnsName: string }[];
}

function connectOf(inputs: Registration["inputs"]): Offer[] {
  return ((inputs.serviceConnectConfiguration as { services?: Offer[] } | undefined)?.services ?? []) as Offer[];
}

/** An app that asks for everything that gets a name. */
function named(project: string, one: string, other: string): App {
  const mount = (name: string): Mount => {
    return { kind: "volume", volume: name, target: `/srv/${name}`, readOnly: false, noCopy: false };
  };
  const networks = new Map([[one, { aliases: [one, `www.${one}`] }]]);
  return {
    ...app(
      [
        service(one, {
          image: { kind: "build", build: build("/srv/shop") },
          networks,
          environment: { TOKEN: { secret: ["s"] }, "a.b-c d": { secret: ["s"] } },
          files: [{ name: one, kind: "secret", target: "/k", content: { secret: ["k"] }, mode: 0o400 }],
          mounts: [mount(one), mount(`${one}-2`)],
          ports: [{ target: 5000, published: 80, protocol: "tcp" }],
        }),
        service(other, { networks: new Map([[one, { aliases: [other] }]]), exposed: [5000], mounts: [mount(one)] }),
        service(`${one}-job`, { networks, job: true }),
      ],
      [volume(one), volume(`${one}-2`, { storage: "bucket" })],
    ),
    name: project,
  };
}

const long = "abc".repeat(20);

it.each<[string, string, string, LaunchType]>(
  [
    ["shop", "web", "api"],
    ["2048", "2048", "1024"],
    ["my_shop-1_", "Web.API_1", "Web-API_1"],
    ["sg-shop", "_web", "web-"],
    ["internal-shop", "internal-web", "internal.web"],
    [long, long, `${long}x`],
    ["long", `${long}.${long}`, `${long}-${long}`],
    ["a", ".web", "w"],
  ].flatMap(([project, one, other]) =>
    (["fargate", "ec2"] as const).map((launchType): [string, string, string, LaunchType] => [
      project as string,
      one as string,
      other as string,
      launchType,
    ]),
  ),
)("gives AWS names that it takes for the project %s with %s and %s on %s", async (project, one, other, launchType) => {
  const machines = { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], machinesGroupId: "sg-1" };
  const { all } = await deployed(named(project, one, other), {
    name: project,
    launchType,
    ...(launchType === "ec2" ? { cluster: "machines", network: machines } : { scaling: {} }),
  });
  const names = all.flatMap((each) => [...nameOf(each), ...partsOf(each)]);
  expect(names.filter(([, , rule]) => rule === undefined)).toEqual([]);
  expect(names.filter(([, name, rule]) => !rule.test(name)).map(([what, name]) => `${what}: ${name}`)).toEqual([]);

  const twice = (given: readonly string[]) => given.filter((each, index) => given.indexOf(each) < index);
  expect(twice(all.map(({ type, name }) => `${type} ${name}`))).toEqual([]);
  expect(twice(all.flatMap((each) => nameOf(each).map(([, name]) => `${each.type} ${name}`)))).toEqual([]);
  expect(twice(all.flatMap(({ inputs }) => connectOf(inputs).map(({ discoveryName }) => discoveryName)))).toEqual([]);
});
