import { beforeEach, describe, expect, it } from "vitest";
import { control } from "../../../embedded/aws/daemon/control.ts";
import { PartialFailure } from "../../../embedded/core/handler.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { type Failure, Failures } from "../../../embedded/daemon/failures.ts";
import { account, arnPrefix, region, SampleCloud, trust } from "./sampleCloud.ts";

let sample: SampleCloud;
beforeEach(() => {
  sample = new SampleCloud();
});

describe("ids and formats are the real provider's", () => {
  it.each<[string, PlainMap, string, PlainMap]>([
    [
      "ecs/cluster",
      { name: "shop" },
      `${arnPrefix("ecs")}cluster/shop`,
      { settings: [{ name: "containerInsights", value: "disabled" }] },
    ],
    [
      "cloudwatch/logGroup",
      { name: "/shop" },
      "/shop",
      { arn: `${arnPrefix("logs")}log-group:/shop`, retentionInDays: 0 },
    ],
    [
      "ecr/repository",
      { name: "shop/web" },
      "shop/web",
      { repositoryUrl: `${account}.dkr.ecr.${region}.amazonaws.com/shop/web`, registryId: account },
    ],
    [
      "iam/role",
      { name: "task", path: "/app/", assumeRolePolicy: trust("ecs-tasks.amazonaws.com") },
      "task",
      { arn: `arn:aws:iam::${account}:role/app/task`, maxSessionDuration: 3600 },
    ],
    ["s3/bucket", { bucket: "shop-uploads" }, "shop-uploads", { bucketDomainName: "shop-uploads.s3.amazonaws.com" }],
  ])("%s", async (type, inputs, id, outputs) => {
    const made = await sample.create(type, inputs);
    expect(made.id).toBe(id);
    expect(made.outputs).toMatchObject({ ...outputs, ...(type === "iam/role" ? {} : { region }) });
  });

  it("of secrets too", async () => {
    const secret = await sample.create("secretsmanager/secret", { name: "shop/db" });
    expect(secret.id).toMatch(new RegExp(`^${arnPrefix("secretsmanager")}secret:shop/db-[A-Za-z0-9]{6}$`));
    const version = await sample.create("secretsmanager/secretVersion", { secretId: secret.id, secretString: "x" });
    expect(version.id).toBe(`${secret.id}|${version.outputs.versionId}`);
    expect(version.outputs).toMatchObject({ versionStages: ["AWSCURRENT"], secretArn: secret.id });
  });

  it("with the provider's tags beside a resource's own", async () => {
    const { outputs } = await sample.create("ecs/cluster", { name: "shop", tags: { a: "1" } }, { a: "0", b: "2" });
    expect(outputs).toMatchObject({ tags: { a: "1" }, tagsAll: { a: "1", b: "2" } });
    await expect(sample.create("ecs/cluster", { name: "other", tags: { "aws:a": "1" } })).rejects.toThrow(
      "Tag keys starting with 'aws:' are reserved",
    );
  });

  it("and a bucket's generated name is in lower case", () => {
    expect(sample.checked("s3/bucket", {}).bucket).toBe("test-7b54b66");
    expect(() => sample.checked("s3/bucket", { bucket: "Shop" })).toThrow(
      "bucket must be 3 to 63 lower-case letters, digits, hyphens and dots",
    );
  });
});

describe("resources", () => {
  it("are there once", async () => {
    await sample.create("ecs/cluster", { name: "shop" });
    await expect(sample.create("ecs/cluster", { name: "shop" })).rejects.toThrow(
      /^creating ECS Cluster \(test\): operation error ECS: CreateCluster, .* api error AlreadyExistsException/,
    );
  });

  it("show what drifted, and only that", async () => {
    const inputs = { name: "/shop", retentionInDays: 30, tags: { a: "1" } };
    const made = await sample.create("cloudwatch/logGroup", inputs);
    expect((await sample.read("cloudwatch/logGroup", made, inputs))?.drift).toEqual({});
    sample.cloud.store.put("aws:cloudwatch/logGroup:LogGroup", "/shop", { ...made.outputs, retentionInDays: 7 });
    expect((await sample.read("cloudwatch/logGroup", made, inputs))?.drift).toEqual({ retentionInDays: 7 });
    await sample.delete("cloudwatch/logGroup", made);
    expect(await sample.read("cloudwatch/logGroup", made, inputs)).toBeUndefined();
    expect(sample.runtime.told).toEqual(["log group /shop removed"]);
  });

  it("are imported with what a program would write", async () => {
    await sample.create("ecr/repository", { name: "web", imageTagMutability: "IMMUTABLE", tags: { a: "1" } });
    const found = await sample.imported("ecr/repository", "web");
    const written = found && (await sample.handler("ecr/repository").importInputs(found));
    expect(written).toEqual({
      name: "web",
      imageTagMutability: "IMMUTABLE",
      tags: { a: "1" },
      region,
      encryptionConfigurations: [{ encryptionType: "AES256", kmsKey: "" }],
    });
  });

  it.each<[string, string, PlainMap, string]>([
    ["an unknown input", "ecs/cluster", { setings: [] }, "setings is no property here; did you mean settings?"],
    [
      "an unknown input within",
      "ecs/cluster",
      { settings: [{ name: "containerInsights", valeu: "enabled" }] },
      "settings[0].valeu is no property here",
    ],
    ["a missing one", "ecr/lifecyclePolicy", { repository: "web" }, "policy is required"],
    [
      "a retention that there is not",
      "cloudwatch/logGroup",
      { retentionInDays: 31 },
      "retentionInDays must be one of 0, 1, 3, 5, 7, 14, 30",
    ],
    [
      "a policy that is none",
      "iam/rolePolicy",
      { role: "a", policy: "{}" },
      "policy must be a policy document with at least one Statement",
    ],
    ["a trust policy that is no JSON", "iam/role", { assumeRolePolicy: "{" }, "assumeRolePolicy must be JSON"],
    [
      "a certificate to be issued",
      "acm/certificate",
      { domainName: "shop.test" },
      "the embedded cloud has imported certificates only",
    ],
  ])("are refused with %s, before anything is created", (_, type, inputs, message) => {
    expect(() => sample.checked(type, inputs)).toThrow(message);
  });

  it("take a policy as an object, too", () => {
    const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }] };
    expect(sample.checked("iam/rolePolicy", { role: "a", policy }).policy).toBe(JSON.stringify(policy));
  });
});

describe("a role", () => {
  const document = (statement: object) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:GetObject", ...statement }] });

  it("has policies that say on what, and no others", async () => {
    await sample.role("task", "ecs-tasks.amazonaws.com");
    const put = (policy: string, role = "task") => sample.create("iam/rolePolicy", { role, policy });
    await expect(put(document({}))).rejects.toThrow(
      "MalformedPolicyDocument: Policy statement must contain resources.",
    );
    await expect(put(document({ Resource: "*", Principal: "*" }))).rejects.toThrow(
      "Policy document should not specify a principal.",
    );
    await expect(put(document({ Resource: "*" }), "no")).rejects.toThrow(
      "NoSuchEntity: The role with name no cannot be found.",
    );
    const policyArn = "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy";
    await expect(sample.create("iam/rolePolicyAttachment", { role: "task", policyArn })).rejects.toThrow(
      "does not exist or is not attachable.",
    );
    expect((await put(document({ Resource: "*" }))).id).toBe("task:test-7b54b66");
  });

  it("stays while it has policies, unless they are to be detached", async () => {
    await sample.role("task", "ecs-tasks.amazonaws.com", ["s3:*", "*"]);
    const [[id, outputs] = ["", {}]] = sample.cloud.store.all("aws:iam/role:Role");
    await expect(sample.delete("iam/role", { id, outputs })).rejects.toThrow(
      "DeleteConflict: Cannot delete entity, must delete policies first.",
    );
  });

  it("and its policies are taken away by hand, in that order only", async () => {
    await sample.role("task", "ecs-tasks.amazonaws.com", ["s3:*", "*"]);
    const commands = control(sample.cloud, () => undefined);
    const remove = (...args: string[]) => commands.remove?.(args, () => undefined, new AbortController().signal);
    await expect(remove("Role", "task")).rejects.toThrow("must delete policies first");
    await expect(remove("RolePolicy", "task")).rejects.toThrow("there is no RolePolicy task");
    await expect(remove("Roll", "task")).rejects.toThrow("there is no Roll task");
    await remove("RolePolicy", "task:own");
    await remove("Role", "task");
    expect(sample.cloud.isEmpty()).toBe(true);
  });
});

describe("a secret's name", () => {
  it("is reserved after a deletion, unless that is at once", async () => {
    const create = (more: PlainMap = {}) => sample.create("secretsmanager/secret", { name: "db", ...more });
    const first = await create({ recoveryWindowInDays: 0 });
    await expect(create()).rejects.toThrow("the secret db already exists");
    await sample.delete("secretsmanager/secret", first);
    const second = await create();
    expect(second.id).not.toBe(first.id);
    await sample.delete("secretsmanager/secret", second);
    await expect(create()).rejects.toThrow("a secret with this name is already scheduled for deletion.");
    expect(sample.cloud.isEmpty()).toBe(true);
  });
});

describe("failures on demand", () => {
  const ask = (...failures: Failure[]) => new Failures(sample.cloud.failuresFile).write(failures);
  const cluster = () => sample.create("ecs/cluster", { name: "shop" });

  it("of the API, in its words", async () => {
    ask(
      { type: "Cluster", operation: "create", error: "permission", times: 1 },
      { operation: "create", error: "quota", times: 1 },
    );
    await expect(cluster()).rejects.toThrow(
      "AccessDeniedException: User: arn:aws:iam::123456789012:user/retrofit is not authorized to perform: ecs:CreateCluster",
    );
    await expect(cluster()).rejects.toThrow("LimitExceededException: The maximum number of Clusters has been reached.");
    await cluster();
  });

  it("that have their effect and yet fail", async () => {
    ask({ operation: "create", error: "timeout", times: 1 });
    await expect(cluster()).rejects.toThrow(PartialFailure);
    expect((await sample.imported("ecs/cluster", "shop"))?.id).toBe(`${arnPrefix("ecs")}cluster/shop`);
  });

  it("of containers, as often as is asked for", () => {
    ask({ operation: "run", type: "web", name: "shop-web", error: "outOfMemory", times: 2 });
    const failure = (container: string, service = "shop-web") =>
      sample.runtime.surroundings.failure({ service, family: "f", container });
    expect([failure("db"), failure("web", "other"), failure("web"), failure("web"), failure("web")]).toEqual([
      undefined,
      undefined,
      "outOfMemory",
      "outOfMemory",
      undefined,
    ]);
  });
});
