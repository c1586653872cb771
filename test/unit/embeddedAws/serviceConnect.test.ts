import { beforeEach, describe, expect, it } from "vitest";
import { types } from "../../../embedded/aws/types.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { fargate } from "./sampleCloud.ts";
import { type SampleService, sampleService } from "./sampleService.ts";

let sample: SampleService["sample"];
let create: SampleService["create"];

beforeEach(async () => {
  ({ sample, create } = await sampleService());
});

describe("Service Connect", () => {
  const connect = (services: PlainMap[] = [], namespace = "shop") => ({
    serviceConnectConfiguration: { enabled: true, namespace, services },
  });
  const offer = (more: PlainMap = {}): PlainMap => ({
    portName: "http",
    clientAlias: [{ dnsName: "web", port: 80 }],
    ...more,
  });

  beforeEach(async () => {
    await sample.create("servicediscovery/httpNamespace", { name: "shop" });
  });

  it("gives names and ports to what a service offers", async () => {
    const made = await create(connect([offer({ timeout: { idleTimeoutSeconds: 60 } })]));
    const namespace = sample.cloud.store.all(types.namespace)[0]?.[1].arn as string;
    expect(namespace).toMatch(/^arn:aws:servicediscovery:eu-central-1:123456789012:namespace\/ns-[a-z0-9]{16}$/);
    expect(sample.runtime.surroundings.service(made.id)?.serviceConnect).toEqual({
      namespace,
      services: [
        { portName: "http", discoveryName: "http", clientAliases: [{ dnsName: "web", port: 80 }], idleTimeout: 60 },
      ],
    });
    expect(sample.runtime.surroundings.namespaceName(namespace)).toBe("shop");
  });

  it.each<[string, PlainMap[], string]>([
    [
      "a port that has no such name",
      [offer({ portName: "grpc" })],
      "The portName 'grpc' is not defined in the task definition.",
    ],
    ["no alias", [offer({ clientAlias: [] })], "must have exactly one client alias"],
    ["two aliases", [offer({ clientAlias: [{ port: 80 }, { port: 81 }] })], "must have exactly one client alias"],
    [
      "a name with capitals",
      [offer({ clientAlias: [{ dnsName: "Web", port: 80 }] })],
      "Invalid client alias dnsName 'Web'",
    ],
    [
      "the same name twice",
      [offer(), offer({ clientAlias: [{ dnsName: "other", port: 80 }] })],
      "Discovery names must be unique in a service: 'http' is there twice.",
    ],
  ])("is refused with %s", async (_, services, message) => {
    await expect(create(connect(services))).rejects.toThrow(message);
  });

  it("is refused in a namespace that is not there, and with a name that another service has", async () => {
    await expect(create(connect([], "no"))).rejects.toThrow("The Service Connect namespace was not found: no");
    await create(connect([offer()]));
    await expect(create({ ...connect([offer()]), name: "again" })).rejects.toThrow(
      "The client alias web:80 is used by another service in the namespace.",
    );
    const other = offer({ clientAlias: [{ dnsName: "other", port: 80 }] });
    await expect(create({ ...connect([other]), name: "again" })).rejects.toThrow(
      "The discovery name 'http' is used by another service in the namespace.",
    );
  });

  it("is refused for a port that is not TCP", async () => {
    await sample.create(
      "ecs/taskDefinition",
      fargate([{ name: "web", image: "a", portMappings: [{ name: "http", containerPort: 53, protocol: "udp" }] }], {
        family: "dns",
      }),
    );
    await expect(create({ ...connect([offer()]), taskDefinition: "dns" })).rejects.toThrow(
      "Service Connect supports TCP only: the port 'http' is udp.",
    );
  });
});
