import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { TaskDefinition } from "../../../embedded/aws/ecs/taskDefinition.ts";
import { definitionOf } from "../../../embedded/aws/resources/taskDefinition.ts";
import type { TaskPlace } from "../../../embedded/aws/runtime/model.ts";
import type { Observed } from "../../../embedded/core/handler.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { account, arnPrefix, fargate, region, SampleCloud, trust } from "./sampleCloud.ts";

const tasks = "ecs-tasks.amazonaws.com";
const ecr = `${account}.dkr.ecr.${region}.amazonaws.com`;
const digest = `sha256:${"0".repeat(64)}`;

let sample: SampleCloud;
let place: TaskPlace;
let network: Awaited<ReturnType<SampleCloud["network"]>>;

beforeEach(async () => {
  sample = new SampleCloud();
  network = await sample.network();
  place = {
    taskId: "abc",
    launchType: "FARGATE",
    subnetId: network.subnets[0].id,
    securityGroups: [network.group.id],
    assignPublicIp: true,
  };
});

/** A definition with roles, and what the runtime is given. */
async function registered(roles: PlainMap): Promise<TaskDefinition> {
  const { outputs } = await sample.create("ecs/taskDefinition", fargate([{ name: "web", image: "nginx:1" }], roles));
  return definitionOf(sample.cloud.store, outputs.arn as string) as TaskDefinition;
}
const given = () => sample.runtime.surroundings;

describe("the execution role", () => {
  it("must trust ECS, for tasks of this account", async () => {
    const role = async (name: string, policy: string) =>
      (await sample.create("iam/role", { name, assumeRolePolicy: policy })).outputs.arn as string;
    const secretOf = async (executionRoleArn: string) => {
      const definition = await registered({ executionRoleArn });
      return () => given().secret(`${arnPrefix("secretsmanager")}secret:a-AbCdEf`, definition, place);
    };
    const condition = (sourceAccount: string) => ({
      Condition: {
        StringEquals: { "aws:SourceAccount": sourceAccount },
        ArnLike: { "aws:SourceArn": `${arnPrefix("ecs")}*` },
      },
    });
    expect(await secretOf(await role("lambda", trust("lambda.amazonaws.com")))).toThrow(
      /^ECS was unable to assume the role 'arn:aws:iam::123456789012:role\/lambda'/,
    );
    expect(await secretOf(await role("other", trust(tasks, condition("999999999999"))))).toThrow(
      "ECS was unable to assume the role",
    );
    expect(await secretOf(await role("own", trust(tasks, condition(account))))).toThrow(
      "secretsmanager:GetSecretValue",
    );
  });

  describe("reads secrets", () => {
    let secret: Observed;
    beforeEach(async () => {
      secret = await sample.create("secretsmanager/secret", { name: "db" });
      await sample.create("secretsmanager/secretVersion", {
        secretId: secret.id,
        secretString: '{"user":"app","password":"pässword"}',
      });
    });

    it("that its policy names, whole and by field, and no others", async () => {
      const right = ["secretsmanager:GetSecretValue", secret.id] as const;
      const definition = await registered({ executionRoleArn: await sample.role("execution", tasks, right) });
      expect(given().secret(secret.id, definition, place)).toBe('{"user":"app","password":"pässword"}');
      expect(given().secret(`${secret.id}:password::`, definition, place)).toBe("pässword");
      expect(() => given().secret(`${secret.id}:pin::`, definition, place)).toThrow("did not contain json key pin");
      expect(() => given().secret(`${secret.id}::AWSPREVIOUS:`, definition, place)).toThrow(
        "staging label: AWSPREVIOUS",
      );
      const other = await sample.create("secretsmanager/secret", { name: "other" });
      expect(() => given().secret(other.id, definition, place)).toThrow(
        `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${other.id} from secrets manager: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/execution/abc is not authorized to perform: secretsmanager:GetSecretValue on resource: ${other.id} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
      );
    });

    it("in their current version, with the one before it kept", async () => {
      const definition = await registered({
        executionRoleArn: await sample.role("execution", tasks, ["secretsmanager:*", "*"]),
      });
      const next = await sample.create("secretsmanager/secretVersion", { secretId: secret.id, secretString: "new" });
      expect(given().secret(secret.id, definition, place)).toBe("new");
      expect(given().secret(`${secret.id}:user:AWSPREVIOUS:`, definition, place)).toBe("app");
      expect(given().secret(`${secret.id}:::${next.outputs.versionId}`, definition, place)).toBe("new");
    });

    it("only where it reaches Secrets Manager", async () => {
      const definition = await registered({
        executionRoleArn: await sample.role("execution", tasks, ["secretsmanager:*", "*"]),
      });
      expect(() => given().secret(secret.id, definition, { ...place, assignPublicIp: false })).toThrow(
        "check your task network configuration",
      );
    });

    it("no longer when the right is taken away", async () => {
      const definition = await registered({
        executionRoleArn: await sample.role("execution", tasks, ["secretsmanager:*", "*"]),
      });
      expect(given().secret(`${secret.id}:user::`, definition, place)).toBe("app");
      const [[id, outputs] = ["", {}]] = sample.cloud.store.all("aws:iam/rolePolicy:RolePolicy");
      expect(id).toBe("execution:own");
      await sample.delete("iam/rolePolicy", { id, outputs });
      expect(() => given().secret(secret.id, definition, place)).toThrow("AccessDeniedException");
    });

    it("which lie encrypted on the disk", () => {
      const state = readFileSync(join(sample.folder, "state.json"), "utf8");
      expect(state).toContain(secret.id);
      for (const text of ["pässword", Buffer.from('{"user":"app"').toString("base64")])
        expect(state).not.toContain(text);
    });
  });

  describe("pulls images", () => {
    const image = `${ecr}/shop/web@${digest}`;
    const pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"];
    const repository = `${arnPrefix("ecr")}repository/shop/web`;

    it("of a repository that it may read, from the local registry", async () => {
      const role = await sample.role("execution", tasks, ["ecr:GetAuthorizationToken", "*"], [pull, repository]);
      const definition = await registered({ executionRoleArn: role });
      expect(() => given().image(image, definition, place)).toThrow(
        "The repository with name 'shop/web' does not exist in the registry with id '123456789012'",
      );
      await sample.create("ecr/repository", { name: "shop/web" });
      expect(given().image(image, definition, place)).toEqual({ reference: `127.0.0.1:9/${image}` });
      expect(() => given().image(image.replace("web", "api"), definition, place)).toThrow(
        /^CannotPullContainerError: .*not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-central-1:123456789012:repository\/shop\/api/,
      );
      expect(() => given().image(image, definition, { ...place, assignPublicIp: false })).toThrow(
        "There is a connection issue between the task and Amazon ECR.",
      );
    });

    it("with a token of its own", async () => {
      const definition = await registered({ executionRoleArn: await sample.role("execution", tasks, [pull, "*"]) });
      await sample.create("ecr/repository", { name: "shop/web" });
      expect(() => given().image(image, definition, place)).toThrow(
        /unable to retrieve ecr registry auth: .* ecr:GetAuthorizationToken on resource: \*/,
      );
    });

    it("with AWS's own policy for it", async () => {
      const executionRoleArn = await sample.role("execution", tasks);
      const policyArn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
      const attached = await sample.create("iam/rolePolicyAttachment", { role: "execution", policyArn });
      expect(attached.id).toMatch(/^execution-\d+/);
      expect((await sample.imported("iam/rolePolicyAttachment", `execution/${policyArn}`))?.id).toBe(attached.id);
      await sample.create("ecr/repository", { name: "shop/web" });
      expect(given().image(image, await registered({ executionRoleArn }), place).reference).toContain(image);
    });

    it("of Docker Hub from the local registry, or from this machine's engine", async () => {
      const definition = await registered({});
      expect(given().image("nginx:1.27", definition, place)).toEqual({
        reference: "127.0.0.1:9/library/nginx:1.27",
        local: "nginx:1.27",
      });
      expect(given().image("acme/web", definition, place)).toEqual({
        reference: "127.0.0.1:9/acme/web",
        local: "acme/web",
      });
      expect(() =>
        given().image("nginx:1.27", definition, { ...place, securityGroups: [], assignPublicIp: false }),
      ).toThrow(/^CannotPullContainerError: The task cannot pull docker.io\/library\/nginx:1.27/);
    });
  });

  describe("pulls images that Docker Hub keeps private", () => {
    const image = `docker.io/acme/web@${digest}`;
    const secret = async (value: object) => {
      const { id } = await sample.create("secretsmanager/secret", { name: "login" });
      await sample.create("secretsmanager/secretVersion", { secretId: id, secretString: JSON.stringify(value) });
      return id;
    };
    beforeEach(() => {
      const hub = { accounts: { acme: "t0ken", bob: "b0b" }, private: { "acme/web": ["acme"] } };
      writeFileSync(join(sample.folder, "dockerHub.json"), JSON.stringify(hub));
    });

    it("with the login of a secret that its policy names", async () => {
      const login = await secret({ username: "acme", password: "t0ken" });
      const right = ["secretsmanager:GetSecretValue", login] as const;
      const definition = await registered({ executionRoleArn: await sample.role("execution", tasks, right) });
      expect(given().image(image, definition, place, login)).toEqual({
        reference: `127.0.0.1:9/acme/web@${digest}`,
        local: image,
      });
      const none = await registered({ executionRoleArn: await sample.role("none", tasks) });
      expect(() => given().image(image, none, place, login)).toThrow(
        /^ResourceInitializationError: unable to pull secrets or registry auth: .*not authorized to perform: secretsmanager:GetSecretValue/,
      );
    });

    it.each([
      ["without a login", undefined, "pull access denied, repository does not exist or may require authorization"],
      ["as somebody else", { username: "bob", password: "b0b" }, "pull access denied, repository does not exist"],
      [
        "with a wrong password",
        { username: "acme", password: "no" },
        "401 Unauthorized: incorrect username or password",
      ],
      ["with half a login", { username: "acme" }, "did not contain json key password"],
    ])("not %s", async (_, value, words) => {
      const executionRoleArn = await sample.role("execution", tasks, ["secretsmanager:*", "*"]);
      const definition = await registered({ executionRoleArn });
      const login = value && (await secret(value));
      expect(() => given().image(image, definition, place, login)).toThrow(words);
      expect(given().image("acme/api", definition, place).reference).toBe("127.0.0.1:9/acme/api");
    });
  });

  it("writes logs to groups that are there, or that it may make", async () => {
    const stream = `${arnPrefix("logs")}log-group:/shop:*`;
    const role = await sample.role("execution", tasks, [["logs:CreateLogStream", "logs:PutLogEvents"], stream]);
    const definition = await registered({ executionRoleArn: role });
    const options = { "awslogs-group": "/shop", "awslogs-region": region, "awslogs-stream-prefix": "web" };
    expect(() => given().logTarget(options, definition, place)).toThrow(
      "ResourceNotFoundException: The specified log group does not exist.",
    );
    expect(() => given().logTarget({ ...options, "awslogs-create-group": "true" }, definition, place)).toThrow(
      "logs:CreateLogGroup",
    );
    const { outputs } = await sample.create("cloudwatch/logGroup", { name: "/shop", retentionInDays: 30 });
    expect(outputs.arn).toBe(`${arnPrefix("logs")}log-group:/shop`);
    expect(given().logTarget(options, definition, place)).toEqual({ logGroupName: "/shop", streamPrefix: "web" });
    await sample.create("cloudwatch/logGroup", { name: "/other" });
    expect(() => given().logTarget({ ...options, "awslogs-group": "/other" }, definition, place)).toThrow(
      "logs:CreateLogStream",
    );
  });
});
