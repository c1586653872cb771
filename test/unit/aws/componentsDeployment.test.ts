import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { Deployment } from "../../../components/aws/deployment.ts";
import type { App } from "../../../compose/model.ts";
import { app, build, service, volume } from "../../support/app.ts";
import type { Registration } from "../../support/recorder.ts";
import { shop } from "../gcp/sampleApp.ts";
import { deployed, digest, inputsOf, kinds, secretOf } from "./deployed.ts";

const plain = app([
  service("web", {
    image: { kind: "build", build: build("/srv/shop") },
    ports: [{ target: 5000, published: 80, protocol: "tcp" }],
  }),
]);

const arn = (kind: string, resource: string) => `arn:aws:${kind}:eu-central-1:123456789012:${resource}`;
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const policyOf = (all: readonly Registration[], name: string) =>
  JSON.parse(inputsOf(all, name)?.policy as string).Statement as Record<string, unknown>[];
const containersOf = (all: readonly Registration[], task: string) =>
  JSON.parse(inputsOf(all, `shop-tasks-${task}-task-definition`)?.containerDefinitions as string) as Record<
    string,
    unknown
  >[];

const once = <T>(make: () => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
const plainApp = once(() => deployed(plain));
const shopApp = once(() => deployed(shop));

/** What a task definition comes with. */
const taskParts = (task: string) => [
  `LogGroup shop-tasks-logs-${task}`,
  `Role shop-tasks-${task}-roles-execution`,
  `Role shop-tasks-${task}-roles-task`,
  `RolePolicy shop-tasks-${task}-roles-execution-policy`,
  `TaskDefinition shop-tasks-${task}-task`,
  `TaskDefinition shop-tasks-${task}-task-definition`,
  `TaskRoles shop-tasks-${task}-roles`,
];
const serviceParts = (task: string) => [`EcsService shop-services-${task}`, `Service shop-services-${task}-service`];
const repository = (name: string) => [
  `LifecyclePolicy shop-registry-${name}-lifecycle`,
  `Repository shop-registry-${name}`,
];
const registered = [
  "AppSecrets shop-secrets",
  "AppTasks shop-tasks",
  "Deployment shop",
  "EcrRepositories shop-registry",
  "LogGroups shop-tasks-logs",
];
const network = [
  "InternetGateway shop-network-gateway",
  "Network shop-network",
  "Route shop-network-outside",
  "RouteTable shop-network-routes",
  "RouteTableAssociation shop-network-eu-central-1a-routes",
  "RouteTableAssociation shop-network-eu-central-1b-routes",
  "Subnet shop-network-eu-central-1a",
  "Subnet shop-network-eu-central-1b",
  "Vpc shop-network-vpc",
];
const firewall = (...networks: string[]) => [
  "Firewall shop-firewall",
  "SecurityGroup shop-firewall-tasks",
  "SecurityGroupEgressRule shop-firewall-tasks-out",
  ...networks.flatMap((each) => [
    `SecurityGroup shop-firewall-${each}`,
    `SecurityGroupIngressRule shop-firewall-${each}-inside`,
  ]),
];
const running = [
  "AppServices shop-services",
  "Cluster shop-services-cluster-ecs",
  "EcsCluster shop-services-cluster",
  "HttpNamespace shop-services-cluster-names",
];
const balancer = (target: string, port: number) => [
  "Listener shop-services-lb-80",
  "LoadBalancer shop-services-lb",
  "LoadBalancer shop-services-lb-elb",
  "SecurityGroup shop-services-lb-visitors",
  `SecurityGroupEgressRule shop-services-lb-${port}-out`,
  "SecurityGroupIngressRule shop-services-lb-80-in",
  `SecurityGroupIngressRule shop-services-lb-${port}-tasks`,
  `TargetGroup shop-services-lb-${target}-${port}`,
];

// Proves the wiring only; that ECS runs what is rendered is shown on the embedded cloud.
describe("Deployment", () => {
  it("makes for a stateless app just this", async () => {
    const { all } = await plainApp();
    expect(kinds(all)).toEqual(
      [
        ...registered,
        ...network,
        ...firewall("default"),
        ...running,
        ...balancer("web", 5000),
        ...taskParts("web"),
        ...serviceParts("web"),
        ...repository("web"),
      ].sort(),
    );
  });

  it("adds storage, secrets and images of its own for an app that has them", async () => {
    const { all } = await shopApp();
    const tasks = ["db", "migrate", "web", "nginx"];
    const images = ["prepare", "prepare-db", "prepare-nginx", "web-with-files"];
    const secrets = ["db-POSTGRES_PASSWORD", "secret-key", "web-URL"];
    expect(kinds(all)).toEqual(
      [
        ...registered,
        ...network,
        ...firewall("back", "front"),
        ...running,
        ...balancer("nginx", 8080),
        ...tasks.flatMap(taskParts),
        "RolePolicy shop-tasks-db-roles-task-policy",
        "RolePolicy shop-tasks-web-roles-task-policy",
        ...tasks.flatMap(serviceParts),
        ...images.flatMap((name) => [
          ...repository(name),
          `BuiltImage shop-${name}`,
          `Image shop-${name}-image`,
          `Image shop-${name}-tags`,
        ]),
        ...secrets.flatMap((key) => [`Secret shop-secrets-${key}`, `SecretVersion shop-secrets-${key}-version`]),
        "AccessPoint shop-files-data",
        "FileStorage shop-files",
        "FileSystem shop-files-efs",
        "MountTarget shop-files-target-0",
        "MountTarget shop-files-target-1",
        "SecurityGroup shop-files-nfs",
        "SecurityGroupIngressRule shop-files-nfs-tasks",
        "Bucket shop-uploads-bucket",
        "BucketLifecycleConfiguration shop-uploads-lifecycle",
        "BucketPublicAccessBlock shop-uploads-privacy",
        "BucketStorage shop-uploads",
        "BucketVersioning shop-uploads-versions",
        "FilesAccessPoint shop-uploads-access",
        "FilesFileSystem shop-uploads-files",
        "FilesMountTarget shop-uploads-target-0",
        "FilesMountTarget shop-uploads-target-1",
        "Role shop-uploads-sync",
        "RolePolicy shop-uploads-sync-policy",
        "SecurityGroup shop-uploads-nfs",
        "SecurityGroupIngressRule shop-uploads-nfs-tasks",
      ].sort(),
    );
  });

  it("runs a service by replacing its tasks one after another, and takes a bad release back", async () => {
    const { all } = await plainApp();
    const groups = ["shop-firewall-tasks-id", "shop-firewall-default-id"];
    expect(inputsOf(all, "shop-services-web-service")).toEqual({
      name: "web",
      cluster: arn("ecs", "cluster/shop-services-cluster-ecs"),
      taskDefinition: arn("ecs", "task-definition/shop-tasks-web-task-definition:1"),
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: {
        subnets: ["shop-network-eu-central-1a-id", "shop-network-eu-central-1b-id"],
        securityGroups: groups,
        assignPublicIp: true,
      },
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      availabilityZoneRebalancing: "ENABLED",
      deploymentCircuitBreaker: { enable: true, rollback: true },
      loadBalancers: [
        {
          containerName: "web",
          containerPort: 5000,
          targetGroupArn: arn("elasticloadbalancing", "targetgroup/shop-services-lb-web-5000"),
        },
      ],
      healthCheckGracePeriodSeconds: 60,
      serviceConnectConfiguration: {
        enabled: true,
        namespace: arn("servicediscovery", "namespace/shop-services-cluster-names"),
        services: [{ portName: "tcp-5000", discoveryName: "web-5000", clientAlias: [{ dnsName: "web", port: 5000 }] }],
      },
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      tags: { "retrofit-release": expect.stringMatching(/^[0-9a-f]{12}$/) },
      waitForSteadyState: false,
    });
  });

  it("never runs two tasks of a service that writes to a disk, and gives nobody else its network", async () => {
    const { all } = await shopApp();
    expect(inputsOf(all, "shop-services-db-service")).toMatchObject({
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      availabilityZoneRebalancing: "DISABLED",
      networkConfiguration: { securityGroups: ["shop-firewall-tasks-id", "shop-firewall-back-id"] },
    });
    expect(inputsOf(all, "shop-services-nginx-service")).toMatchObject({
      deploymentMinimumHealthyPercent: 100,
      networkConfiguration: { securityGroups: ["shop-firewall-tasks-id", "shop-firewall-front-id"] },
    });
    expect(inputsOf(all, "shop-firewall-back-inside")).toEqual({
      securityGroupId: "shop-firewall-back-id",
      ipProtocol: "-1",
      referencedSecurityGroupId: "shop-firewall-back-id",
    });
  });

  it("keeps a job ready as a service without tasks, whose task outlives the job", async () => {
    const { all } = await shopApp();
    const inputs = inputsOf(all, "shop-services-migrate-service");
    expect(inputs).toMatchObject({
      desiredCount: 0,
      deploymentCircuitBreaker: { enable: false, rollback: false },
      loadBalancers: [],
      serviceConnectConfiguration: { enabled: true, services: [] },
    });
    expect(inputs).not.toHaveProperty("tags");
    expect(containersOf(all, "migrate").map(({ name, essential, command }) => [name, essential, command])).toEqual([
      ["migrate", false, ["flask", "db", "upgrade"]],
      ["retrofit-keeper", true, ["2147483647"]],
    ]);
  });

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
    const { all: destroyed } = await deployed(shop, { destroyContent: true });
    expect(inputsOf(destroyed, "shop-uploads-bucket")).toEqual({ forceDestroy: true });
    expect(inputsOf(destroyed, "shop-secrets-web-URL")).toEqual({ recoveryWindowInDays: 0 });
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

  it("uses a network and a cluster that exist, and gives tasks no public address there", async () => {
    const { all } = await deployed(plain, {
      cluster: "shared",
      network: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] },
    });
    expect(kinds(all).filter((kind) => /^(Vpc|Subnet|Cluster) /.test(kind))).toEqual([]);
    expect(inputsOf(all, "shop-services-web-service")).toMatchObject({
      name: "shop-test-web",
      cluster: arn("ecs", "cluster/shared"),
      networkConfiguration: { subnets: ["subnet-1", "subnet-2"], assignPublicIp: false },
    });
  });

  it("follows the load of a service that may have several tasks", async () => {
    const { all } = await deployed(plain, { scaling: { web: { min: 2, max: 6, cpu: 50, requests: 1000 } } });
    expect(inputsOf(all, "shop-services-web-service")).toMatchObject({ desiredCount: 2 });
    expect(inputsOf(all, "shop-services-web-scaling-tasks")).toEqual({
      minCapacity: 2,
      maxCapacity: 6,
      resourceId: "service/shop-services-cluster-ecs/web",
      scalableDimension: "ecs:service:DesiredCount",
      serviceNamespace: "ecs",
    });
    expect(inputsOf(all, "shop-services-web-scaling-requests")).toMatchObject({
      policyType: "TargetTrackingScaling",
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 1000,
        predefinedMetricSpecification: {
          predefinedMetricType: "ALBRequestCountPerTarget",
          resourceLabel: "app/shop-services-lb-elb/targetgroup/shop-services-lb-web-5000",
        },
      },
    });
    expect(inputsOf(all, "shop-services-web-scaling-cpu")).toMatchObject({
      targetTrackingScalingPolicyConfiguration: {
        targetValue: 50,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
    });
    const { all: fixed } = await deployed(plain, { scaling: { web: { min: 3 } } });
    expect(inputsOf(fixed, "shop-services-web-service")).toMatchObject({ desiredCount: 3 });
    expect(kinds(fixed).filter((kind) => kind.includes("scaling"))).toEqual([]);
  });

  it("pulls by a login where a registry asks for one", async () => {
    const { all } = await deployed(shop, { logins: [{ host: "docker.io", username: "me", password: "t0ken" }] });
    const login = arn("secretsmanager", "secret:shop-secrets-login-docker-io-AbCdEf");
    expect(containersOf(all, "db").find(({ name }) => name === "db")?.repositoryCredentials).toEqual({
      credentialsParameter: login,
    });
    expect(secretOf(inputsOf(all, "shop-secrets-login-docker-io-version")?.secretString)).toBe(
      '{"username":"me","password":"t0ken"}',
    );
    expect(policyOf(all, "shop-tasks-db-roles-execution-policy").at(-1)?.Resource).toContain(login);
  });

  it("tells where it is, and what aws ecs register-task-definition takes", async () => {
    const { deployment } = await deployed(plain, { domain: "shop.example.com", certificate: { arn: "arn:cert" } });
    expect(await plainValue(deployment.url)).toBe("https://shop.example.com/");
    expect(await plainValue(deployment.endpoints)).toEqual({ "web:5000": "https://shop.example.com/" });
    expect(await plainValue(deployment.releases)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{12}$/),
        images: { web: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-test/web@${digest}` },
      },
    ]);
    expect(await plainValue((deployment as Deployment).taskDefinitions.web as pulumi.Output<unknown>)).toMatchObject({
      family: "shop-test-web",
      taskRoleArn: role("shop-tasks-web-roles-task"),
      executionRoleArn: role("shop-tasks-web-roles-execution"),
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
    });
    await expect(deployment.released()).resolves.toBeUndefined();
  });

  it("on EC2 registers one task of all, and runs it where a cluster is named", async () => {
    const { all, deployment } = await deployed(plain, { launchType: "ec2" });
    expect(kinds(all)).toEqual([...registered, ...taskParts("shop"), ...repository("web")].sort());
    expect(inputsOf(all, "shop-tasks-shop-task-definition")).toMatchObject({
      family: "shop-test",
      networkMode: "bridge",
      requiresCompatibilities: ["EC2"],
    });
    expect(await plainValue(deployment.url)).toBeUndefined();

    const { all: run } = await deployed(plain, {
      launchType: "ec2",
      cluster: "machines",
      network: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], machinesGroupId: "sg-1" },
    });
    expect(inputsOf(run, "shop-services-shop-service")).toMatchObject({
      name: "shop-test-shop",
      launchType: "EC2",
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      loadBalancers: [{ containerName: "web", containerPort: 5000 }],
    });
    expect(inputsOf(run, "shop-services-shop-service")).not.toHaveProperty("networkConfiguration");
    expect(inputsOf(run, "shop-services-shop-service")).not.toHaveProperty("serviceConnectConfiguration");
    expect(inputsOf(run, "shop-services-lb-web-5000")).toMatchObject({ targetType: "instance" });
    expect(inputsOf(run, "shop-services-lb-80-tasks")).toMatchObject({ securityGroupId: "sg-1", fromPort: 80 });
  });
});

function plainValue<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
