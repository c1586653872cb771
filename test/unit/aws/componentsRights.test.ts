import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { App } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { app, build, service, volume } from "../../support/app.ts";
import { shop } from "../gcp/sampleApp.ts";
import { arn, containersOf, deployed, inputsOf, kinds, policyOf, secretOf, shopApp } from "./deployed.ts";

describe("Deployment", () => {
  it("lets each task read its own secrets, pull its own images and mount its own volumes, and no more", async () => {
    const { all } = await shopApp();
    const logs = (task: string) => ({
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: [arn("logs", `log-group:shop-tasks-logs-${task}:*`)],
    });
    const pull = [
      { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
      {
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: ["prepare", "prepare-db", "prepare-nginx", "web-with-files"].map((name) =>
          arn("ecr", `repository/shop-registry-${name}`),
        ),
      },
    ];
    expect(policyOf(all, "shop-tasks-nginx-roles-execution-policy")).toEqual([logs("nginx"), ...pull]);
    expect(policyOf(all, "shop-tasks-web-roles-execution-policy")).toEqual([
      logs("web"),
      ...pull,
      {
        Effect: "Allow",
        Action: ["secretsmanager:GetSecretValue"],
        Resource: ["secret-key", "web-URL"].map((key) => arn("secretsmanager", `secret:shop-secrets-${key}-AbCdEf`)),
      },
    ]);
    expect(policyOf(all, "shop-tasks-db-roles-task-policy")).toEqual([
      {
        Effect: "Allow",
        Action: ["ClientMount", "ClientWrite", "ClientRootAccess"].map((each) => `elasticfilesystem:${each}`),
        Resource: [arn("elasticfilesystem", "file-system/shop-files-efs-id")],
        Condition: {
          StringEquals: {
            "elasticfilesystem:AccessPointArn": arn("elasticfilesystem", "access-point/shop-files-data"),
          },
        },
      },
    ]);
    expect(policyOf(all, "shop-tasks-web-roles-task-policy")).toEqual([
      {
        Effect: "Allow",
        Action: ["s3files:ClientMount", "s3files:ClientWrite"],
        Resource: [arn("s3files", "file-system/fs-0a")],
        Condition: {
          StringEquals: {
            "s3files:AccessPointArn": arn("s3files", "file-system/fs-0a/access-point/shop-uploads-access"),
          },
        },
      },
      { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::shop-uploads-bucket"] },
      {
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:GetObjectVersion"],
        Resource: ["arn:aws:s3:::shop-uploads-bucket/*"],
      },
    ]);
    const [statement] = JSON.parse(inputsOf(all, "shop-tasks-web-roles-task")?.assumeRolePolicy as string).Statement;
    expect(statement).toMatchObject({
      Principal: { Service: "ecs-tasks.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
    });
  });

  it("keeps what is secret in Secrets Manager, as a secret, and names this very version", async () => {
    const { all } = await deployed(shop, { certificate: { body: "CERT", privateKey: "KEY" } });
    expect(secretOf(inputsOf(all, "shop-secrets-db-POSTGRES_PASSWORD-version")?.secretString)).toBe("hunter2hunter2");
    expect(secretOf(inputsOf(all, "shop-secrets-web-URL-version")?.secretString)).toBe("postgres://hunter2hunter2");
    expect(secretOf(inputsOf(all, "shop-secrets-secret-key-version")?.secretString)).toBe("k3y");
    expect(secretOf(inputsOf(all, "shop-services-lb-certificate")?.privateKey)).toBe("KEY");
    const shown = all.filter(({ type }) => !type.endsWith(":SecretVersion"));
    expect(JSON.stringify(shown)).not.toMatch(/hunter2|k3y/);
    const web = containersOf(all, "web").find(({ name }) => name === "web");
    expect(web?.secrets).toEqual([
      {
        name: "URL",
        valueFrom: `${arn("secretsmanager", "secret:shop-secrets-web-URL-AbCdEf")}:::version-of-shop-secrets-web-URL-version`,
      },
    ]);
  });

  it("refuses more secrets than a role's policy can name, before anything is made", async () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `DATABASE_VARIABLE_${10 + index}`);
    const environment = (count: number) => Object.fromEntries(names(count).map((name) => [name, { secret: ["s"] }]));
    const image = { kind: "build", build: build("/srv/shop") } as const;
    const crowd = (web: number, worker: number) =>
      app([
        service("web", { image, environment: environment(web) }),
        service("worker", { environment: environment(worker) }),
      ]);
    const refusal = (what: App, launchType: LaunchType) =>
      deployed(what, { launchType }).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );

    // As many as fit, in the names that AWS and Pulumi add digits to.
    const { all } = await deployed(crowd(43, 43), { launchType: "ec2" });
    const { name: group } = inputsOf(all, "shop-tasks-logs-shop") as { name: string };
    const { policy } = inputsOf(all, "shop-tasks-shop-roles-execution-policy") as { policy: string };
    const real = policy
      .replaceAll("-AbCdEf", "-1234567-AbCdEf")
      .replace("log-group:shop-tasks-logs-shop", `log-group:${group}`)
      .replace("repository/shop-registry-web", "repository/shop-test/web");
    expect(real.length).toBe(10_218);
    expect(await refusal(crowd(44, 43), "ec2")).toBe(
      "/srv/shop/compose.yaml: services.web.environment: the role that reads the 87 secrets of the task shop would have 10329 characters " +
        "of rights, and IAM takes 10240. Write values that are not secret under environment, put secrets together into one file under secrets, " +
        "or deploy with the launch type fargate, where each service has a role of its own.",
    );

    expect(await refusal(crowd(10, 89), "fargate")).toBe(
      "/srv/shop/compose.yaml: services.worker.environment: the role that reads the 89 secrets of the task worker would have 10691 characters " +
        "of rights, and IAM takes 10240. Write values that are not secret under environment, put secrets together into one file under secrets.",
    );
  });

  it("gives every resource its parent, and makes none of them inside an apply", async () => {
    const children: string[] = [];
    let atOnce: string[] = [];
    // Handed down to children only.
    const transformations: pulumi.ResourceTransformation[] = [
      ({ name }) => {
        children.push(name);
        return undefined;
      },
    ];
    const { all } = await deployed(shop, {
      opts: { transformations },
      constructed: () => {
        atOnce = [...children];
      },
      scaling: { nginx: { max: 3 } },
      certificate: { body: "CERT", privateKey: "KEY" },
    });
    const own = all.map(({ name }) => name).filter((name) => !name.startsWith("shop-registry"));
    expect(own.sort()).toEqual(children.sort());
    expect(atOnce.sort()).toEqual(children);
  });

  it("encrypts files and lets nobody else mount them, and keeps them when the stack goes", async () => {
    const { all } = await shopApp();
    expect(inputsOf(all, "shop-files-efs")).toEqual({
      encrypted: true,
      throughputMode: "elastic",
      tags: { Name: "shop-files-test" },
    });
    expect(inputsOf(all, "shop-files-data")).toEqual({
      fileSystemId: "shop-files-efs-id",
      rootDirectory: { path: "/data", creationInfo: { ownerUid: 0, ownerGid: 0, permissions: "0755" } },
    });
    expect(inputsOf(all, "shop-files-nfs-tasks")).toEqual({
      securityGroupId: "shop-files-nfs-id",
      ipProtocol: "tcp",
      fromPort: 2049,
      toPort: 2049,
      referencedSecurityGroupId: "shop-firewall-tasks-id",
    });
    expect(inputsOf(all, "shop-uploads-access")).toMatchObject({
      posixUsers: [{ uid: 900, gid: 900 }],
      rootDirectories: [
        { path: "/uploads", creationPermissions: [{ ownerUid: 900, ownerGid: 900, permissions: "0750" }] },
      ],
    });
    expect(inputsOf(all, "shop-uploads-privacy")).toMatchObject({ blockPublicAcls: true, restrictPublicBuckets: true });
    expect(inputsOf(all, "shop-uploads-bucket")).toEqual({ forceDestroy: false });
    expect(inputsOf(all, "shop-secrets-web-URL")).toEqual({ recoveryWindowInDays: 7 });
    const kept: string[] = [];
    const transformations: pulumi.ResourceTransformation[] = [
      ({ name, opts: { retainOnDelete } }) => {
        if (retainOnDelete && !/-(image|tags)$/.test(name)) kept.push(name);
        return undefined;
      },
    ];
    await deployed(shop, { opts: { transformations } });
    const versions = ["db-POSTGRES_PASSWORD", "secret-key", "web-URL"].map((key) => `shop-secrets-${key}-version`);
    expect(kept.sort()).toEqual(["shop-files-efs", ...versions]);
    kept.length = 0;
    const { all: destroyed } = await deployed(shop, { destroyContent: true, opts: { transformations } });
    expect(kept.sort()).toEqual(versions);
    expect(inputsOf(destroyed, "shop-uploads-bucket")).toEqual({ forceDestroy: true });
    expect(inputsOf(destroyed, "shop-secrets-web-URL")).toEqual({ recoveryWindowInDays: 0 });
  });

  it("names buckets as S3 takes it, whatever the volume is called", async () => {
    const volumes = ["media_volume", "media-volume", "uploads".repeat(9)];
    const mounts = volumes.map((name) => {
      return { kind: "volume", volume: name, target: `/${name}`, readOnly: false, noCopy: false } as const;
    });
    const { all } = await deployed(
      app(
        [service("web", { mounts })],
        volumes.map((name) => volume(name, { storage: "bucket" })),
      ),
    );
    const names = all.filter(({ type }) => type === "aws:s3/bucket:Bucket").map(({ name }) => name);
    expect(names.sort()).toEqual([
      "shop-media-volume-bucket",
      expect.stringMatching(/^shop-media-volume-bucket-[0-9a-f]{7}$/),
      expect.stringMatching(/^shop-(uploads)+[a-z]*-[0-9a-f]{7}$/),
    ]);
    // Eight more are Pulumi's own.
    expect(names.filter((name) => name.length > 55)).toEqual([]);
  });

  it("keeps a bucket's files in EFS where that is chosen, or one exists", async () => {
    const { all } = await deployed(shop, { buckets: "efs" });
    expect(kinds(all).filter((kind) => kind.startsWith("Bucket") || kind.startsWith("Files"))).toEqual([]);
    expect(inputsOf(all, "shop-files-uploads")).toMatchObject({ posixUser: { uid: 900, gid: 900 } });

    const volumes = new Map([
      ...shop.volumes,
      ["uploads", volume("uploads", { storage: "bucket", existing: "fs-0123" })],
    ]);
    const { all: existing } = await deployed({ ...shop, volumes } as App);
    expect(inputsOf(existing, "shop-files-uploads")).toMatchObject({ fileSystemId: "fs-0123" });
  });

  it("pulls by a login where a registry asks for one", async () => {
    const { all } = await deployed(shop, { logins: [{ address: "docker.io", username: "me", password: "t0ken" }] });
    const login = arn("secretsmanager", "secret:shop-secrets-login-docker-io-AbCdEf");
    expect(containersOf(all, "db").find(({ name }) => name === "db")?.repositoryCredentials).toEqual({
      credentialsParameter: login,
    });
    expect(secretOf(inputsOf(all, "shop-secrets-login-docker-io-version")?.secretString)).toBe(
      '{"username":"me","password":"t0ken"}',
    );
    expect(policyOf(all, "shop-tasks-db-roles-execution-policy").at(-1)?.Resource).toContain(login);
  });
});
