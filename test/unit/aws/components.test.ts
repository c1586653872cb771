import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { EcrRepositories, type EcrRepositoriesArgs } from "../../../components/aws/ecrRepositories.ts";
import { kindFor, listenersFor } from "../../../components/aws/listeners.ts";
import { LoadBalancer, type LoadBalancerArgs } from "../../../components/aws/loadBalancer.ts";
import { partitionOf, registryHost, repositoryArn } from "../../../components/aws/place.ts";
import { checkSettings, type Settings } from "../../../components/aws/settings.ts";
import type { OpenedPort } from "../../../components/openPorts.ts";
import type { App } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { app, service, volume } from "../../support/app.ts";
import { type Registration, registrationsOf } from "../../support/recorder.ts";
import { account, computed, inputsOf, region, secretOf } from "./deployed.ts";

const port = (port: number, target: number, name = "web"): OpenedPort => ({
  service: name,
  protocol: "tcp",
  port,
  target,
});

describe("EcrRepositories", () => {
  const args: EcrRepositoriesArgs = { account, region, namespace: "Shop_dev", services: ["web", "db_1"] };

  it("keeps an image's tags where they are, but for latest, looks for flaws, and keeps so many images", async () => {
    let made: EcrRepositories | undefined;
    const all = await registrationsOf(() => {
      made = new EcrRepositories("images", { ...args, keptImages: 5, mirror: "127.0.0.1:5050", password: "t0ken" });
    }, computed);
    expect(made?.repository("db_1")).toBe("123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop-dev/db-1");
    expect(made?.mirror).toBe("127.0.0.1:5050");
    expect(made?.credentials).toMatchObject({ address: registryHost({ account, region }), username: "AWS" });
    expect(await pulumi.isSecret(made?.credentials?.password as pulumi.Output<string>)).toBe(true);
    expect(inputsOf(all, "images-web")).toEqual({
      name: "shop-dev/web",
      imageScanningConfiguration: { scanOnPush: true },
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: [{ filter: "latest", filterType: "WILDCARD" }],
      forceDelete: true,
    });
    expect(JSON.parse(inputsOf(all, "images-web-lifecycle")?.policy as string).rules).toEqual([
      {
        rulePriority: 1,
        description: "Keep the newest 5 images",
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 5 },
        action: { type: "expire" },
      },
    ]);
  });

  it("has no repository that was not asked for", async () => {
    await registrationsOf(() => {
      const repositories = new EcrRepositories("images", args);
      expect(repositories.credentials).toBeUndefined();
      expect(() => repositories.repository("other")).toThrow("No repository was made for other");
    }, computed);
  });

  it("refuses to keep nothing", async () => {
    const made = await registrationsOf(() => {
      expect(() => new EcrRepositories("images", { ...args, keptImages: 0 })).toThrow(
        "images.keptImages: 0 is not a whole number above 0. Give at least 1.",
      );
    });
    expect(made).toEqual([]);
  });
});

it("finds the repository of an image of ECR, in whatever partition", () => {
  expect(repositoryArn("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/shop/web:1")).toBe(
    "arn:aws-cn:ecr:cn-north-1:123456789012:repository/shop/web",
  );
  expect(repositoryArn("postgres:17")).toBeUndefined();
  expect([partitionOf("us-gov-west-1"), partitionOf("eu-west-1")]).toEqual(["aws-us-gov", "aws"]);
});

describe("a load balancer's listeners", () => {
  it("passes requests on where all ports speak HTTP, and connections otherwise", () => {
    expect(kindFor([port(80, 8080), port(9000, 5000)])).toBe("application");
    expect(kindFor([port(80, 80), port(443, 443)])).toBe("network");
    expect(kindFor([port(5432, 5432)])).toBe("network");
  });

  it.each<[string, Parameters<typeof listenersFor>, unknown[]]>([
    ["HTTP", ["application", [port(9000, 8000), port(80, 8080)], false], ["80 HTTP 8080", "9000 HTTP 8000"]],
    ["a certificate", ["application", [port(80, 8080)], true], ["80 HTTP redirect", "443 HTTPS 8080"]],
    [
      "a certificate, and a port for it",
      ["application", [port(80, 8080), port(443, 5000)], true],
      ["80 HTTP redirect", "443 HTTPS 5000"],
    ],
    ["a certificate alone", ["application", [port(443, 5000)], true], ["80 HTTP redirect", "443 HTTPS 5000"]],
    ["connections", ["network", [port(443, 443), port(80, 80)], false], ["80 TCP 80", "443 TCP 443"]],
  ])("with %s", (_, args, expected) => {
    const listeners = listenersFor(...args);
    expect(listeners.map(({ port, protocol, to }) => `${port} ${protocol} ${to?.target ?? "redirect"}`)).toEqual(
      expected,
    );
  });
});

describe("LoadBalancer", () => {
  const args: LoadBalancerArgs = {
    placement: { vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"], publicIp: false, ready: [] },
    tasks: "sg-tasks",
    ports: [port(80, 8080)],
    targetType: "ip",
  };
  const registered = (more: Partial<LoadBalancerArgs>): Promise<Registration[]> =>
    registrationsOf(() => new LoadBalancer("lb", { ...args, ...more }), computed);

  it("ends TLS with a certificate that is put into Certificate Manager, and leads to it", async () => {
    const all = await registered({ certificate: { body: "CERT", privateKey: "KEY", chain: "CHAIN" } });
    expect(inputsOf(all, "lb-443")).toMatchObject({
      protocol: "HTTPS",
      certificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/lb-certificate",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    });
    expect(inputsOf(all, "lb-80")?.defaultActions).toEqual([
      { type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } },
    ]);
    expect(inputsOf(all, "lb-certificate")).toMatchObject({ certificateBody: "CERT", certificateChain: "CHAIN" });
    expect(secretOf(inputsOf(all, "lb-certificate")?.privateKey)).toBe("KEY");
  });

  it("opens what is listened on to the world, and the tasks to itself alone", async () => {
    const all = await registered({ accessLogBucket: "logs" });
    const rules = all.filter(({ type }) => /Security\w+Rule$/.test(type)).map(({ inputs }) => inputs);
    expect(rules).toEqual([
      { securityGroupId: "lb-visitors-id", ipProtocol: "tcp", fromPort: 80, toPort: 80, cidrIpv4: "0.0.0.0/0" },
      {
        securityGroupId: "lb-visitors-id",
        ipProtocol: "tcp",
        fromPort: 8080,
        toPort: 8080,
        referencedSecurityGroupId: "sg-tasks",
      },
      {
        securityGroupId: "sg-tasks",
        ipProtocol: "tcp",
        fromPort: 8080,
        toPort: 8080,
        referencedSecurityGroupId: "lb-visitors-id",
      },
    ]);
    // CKV_AWS_131 and 91.
    expect(inputsOf(all, "lb-elb")).toMatchObject({
      loadBalancerType: "application",
      dropInvalidHeaderFields: true,
      accessLogs: { bucket: "logs", enabled: true },
    });
  });

  it("passes TLS of the containers on untouched, with the visitor's address", async () => {
    const all = await registered({ ports: [port(80, 80), port(443, 443)] });
    expect(inputsOf(all, "lb-elb")).toMatchObject({ loadBalancerType: "network" });
    expect(inputsOf(all, "lb-web-443")).toMatchObject({
      protocol: "TCP",
      preserveClientIp: "true",
      healthCheck: { protocol: "HTTPS", path: "/", matcher: "200-499" },
    });
    expect(inputsOf(all, "lb-web-80")).toMatchObject({ protocol: "TCP", healthCheck: { protocol: "HTTP" } });
  });

  it("does not guess what a port speaks where connections are to be passed on", async () => {
    const all = await registered({ ports: [port(8000, 8000)], passConnections: true });
    expect(inputsOf(all, "lb-web-8000")).toMatchObject({ protocol: "TCP", healthCheck: { protocol: "TCP" } });
    expect(inputsOf(all, "lb-web-8000")?.healthCheck).not.toHaveProperty("path");
  });

  it("takes names that AWS takes, and another where a target group would be replaced", async () => {
    const long = "internal-tools-of-a-company-with-a-long-name";
    const all = await registrationsOf(() => new LoadBalancer(long, args), computed);
    expect(inputsOf(all, `${long}-elb`)?.name).toMatch(/^(?!internal-)[a-z][a-z0-9-]{0,30}[a-z0-9]$/);
    const nameOf = async (more: Partial<LoadBalancerArgs>) =>
      (await registered(more)).find(({ type }) => type.endsWith(":TargetGroup"))?.inputs.name;
    expect(await nameOf({})).not.toBe(await nameOf({ passConnections: true }));
    expect(await nameOf({})).toBe(await nameOf({}));
  });
});

describe("checkSettings", () => {
  const web = service("web", {
    ports: [{ target: 5000, published: 80, protocol: "tcp" }],
    mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: false, noCopy: false }],
  });
  const shop = app([web], [volume("data")]);

  it.each<[string, App, LaunchType, Partial<Settings>, string[]]>([
    [
      "what is none",
      shop,
      "fargate",
      {
        region: "Frankfurt",
        account: "me",
        zones: ["Frankfurt1"],
        logRetentionDays: 31,
        timeout: 0,
        scaling: { web: { max: 3 }, wed: {} },
      },
      [
        'shop.region: "Frankfurt" is no region. Give one such as eu-central-1.',
        'shop.account: "me" is no account. Give its twelve digits.',
        "shop.logRetentionDays: CloudWatch does not offer 31 days. Give one of: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653.",
        "shop.timeout: 0 is not a whole number above 0. Give at least 1.",
        "shop.zones: a load balancer needs two zones. Give another one, such as Frankfurtb.",
        "shop.scaling.web: it writes to a disk volume, which two of its tasks would write to at once. " +
          "Keep what tasks may share in a volume with storage: bucket, or leave it at one task.",
        "shop.scaling.wed: there is no such service. Give one of: web.",
      ],
    ],
    [
      "a scaling that follows nothing",
      app([service("worker")]),
      "fargate",
      { scaling: { worker: { min: 2, max: 1, cpu: 50, requests: 0 } } },
      [
        "shop.scaling.worker.max: 1 is not a whole number from 2 on. Give at least min.",
        "shop.scaling.worker.requests: 0 is not above 0. Give at least 1.",
        "shop.scaling.worker.requests: no load balancer counts requests for it. Follow the cpu instead.",
      ],
    ],
    [
      "ports that no load balancer opens",
      {
        ...app([
          service("git", {
            ports: [
              { target: 22, published: 22, protocol: "tcp" },
              { target: 53, published: 53, protocol: "udp" },
            ],
          }),
          web,
          service("other", { ports: [{ target: 443, published: 80, protocol: "tcp" }] }),
        ]),
        expose: [22, 53],
      },
      "fargate",
      { certificate: { arn: "arn:cert" } },
      [
        "/srv/shop/compose.yaml: services.git.ports: 22 is for logging in to a machine, and is not opened to the world. " +
          "Publish the service on another port.",
        "/srv/shop/compose.yaml: services.git.ports: 53 is UDP, which the load balancer does not pass on. Remove it from expose.",
        "/srv/shop/compose.yaml: services.other.ports: another service publishes 80, too. Publish it on another port.",
        "shop.certificate: connections are passed on untouched, so the load balancer ends no TLS. " +
          "Remove it, or publish only ports that speak HTTP.",
      ],
    ],
    [
      "networks that do not fit",
      app([
        service("web", {
          networks: new Map(["a", "b", "c", "d", "e"].map((name) => [name, { aliases: [] }])),
          ports: web.ports,
        }),
      ]),
      "fargate",
      { network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] }, zones: ["eu-central-1a", "eu-west-1b"] },
      [
        "shop.zones: they are those of a network of the app's own, and one is given. Remove one of the two.",
        "shop.zones: eu-west-1b is not in eu-central-1. Give zones such as eu-central-1a.",
        "shop.network.subnetIds: a load balancer needs subnets in two zones. Give another one.",
        "/srv/shop/compose.yaml: services.web.networks: it is in 5 networks, and a task on Fargate can be in 4. Join some of them.",
      ],
    ],
    [
      "machines that nobody reaches",
      shop,
      "ec2",
      { cluster: "machines", scaling: { web: { min: 2 } } },
      [
        "shop.network: the cluster machines has machines, in a network that is not named. Name its vpcId, subnetIds and machinesGroupId.",
        "shop.scaling.web: on EC2 all containers are one task. Deploy to Fargate, or remove it.",
      ],
    ],
  ])("refuses %s, all at once", (_, wrong, launchType, settings, messages) => {
    expect(() => checkSettings("shop", wrong, launchType, { region, account, ...settings })).toThrow(
      expect.objectContaining({ message: messages.join("\n") }),
    );
  });

  it("takes what is sound", () => {
    expect(() => checkSettings("shop", shop, "fargate", { region, account })).not.toThrow();
    expect(() => checkSettings("shop", shop, "ec2", { region, account })).not.toThrow();
  });
});
