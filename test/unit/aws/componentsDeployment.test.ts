import { describe, expect, it } from "vitest";
import { arn, containersOf, deployed, inputsOf, kinds, plain, plainApp, shopApp } from "./deployed.ts";

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

  it("on EC2 registers one task of all, and runs it where a cluster is named", async () => {
    const { all } = await deployed(plain, { launchType: "ec2" });
    expect(kinds(all)).toEqual([...registered, ...taskParts("shop"), ...repository("web")].sort());
    expect(inputsOf(all, "shop-tasks-shop-task-definition")).toMatchObject({
      family: "shop-test",
      networkMode: "bridge",
      requiresCompatibilities: ["EC2"],
    });

    const { all: run } = await deployed(plain, {
      launchType: "ec2",
      cluster: "machines",
      network: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], machinesGroupId: "sg-1" },
    });
    expect(inputsOf(run, "shop-services-shop-service")).toMatchObject({
      name: "shop-test",
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
