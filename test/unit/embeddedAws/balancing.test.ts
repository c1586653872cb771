import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { loopbackAddress } from "../../../embedded/aws/balancing/addresses.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { keyPair } from "../../support/keyPair.ts";
import { arnPrefix, SampleCloud } from "./sampleCloud.ts";

let sample: SampleCloud;
let network: Awaited<ReturnType<SampleCloud["network"]>>;

beforeEach(async () => {
  sample = new SampleCloud();
  network = await sample.network();
});

const balancer = (more: PlainMap = {}) =>
  sample.create("lb/loadBalancer", {
    name: "shop",
    subnets: network.subnets.map(({ id }) => id),
    securityGroups: [network.group.id],
    ...more,
  });
const targets = (more: PlainMap = {}) =>
  sample.create("lb/targetGroup", {
    name: "web",
    port: 80,
    protocol: "HTTP",
    vpcId: network.vpc.id,
    targetType: "ip",
    ...more,
  });
const given = () => sample.runtime.surroundings;

describe("a load balancer", () => {
  it("has an address of this machine, and ELB's formats", async () => {
    const made = await balancer();
    expect(made.id).toMatch(new RegExp(`^${arnPrefix("elasticloadbalancing")}loadbalancer/app/shop/[0-9a-f]{16}$`));
    expect(made.outputs).toMatchObject({
      dnsName: loopbackAddress(sample.cloud.id, 1),
      zoneId: "Z215JYRZR1TBD5",
      vpcId: network.vpc.id,
      arnSuffix: expect.stringMatching(/^app\/shop\//),
      idleTimeout: 60,
    });
    expect((await balancer({ name: "other" })).outputs.dnsName).toBe(loopbackAddress(sample.cloud.id, 2));
    expect(given().loadBalancers()[0]).toMatchObject({
      type: "application",
      address: made.outputs.dnsName,
      securityGroups: [network.group.id],
      crossZone: true,
    });
    expect(sample.runtime.told).toContain("balancing changed");
  });

  it.each([
    ["00000000", 1, "127.40.0.1"],
    ["0000000f", 7, "127.47.1.7"],
    ["00000800", 1, "127.40.0.2"],
    ["ffffffff", 254, "127.47.255.127"],
  ])("of the cloud %s has the address %i at %s", (id, n, address) => {
    expect(loopbackAddress(id, n)).toBe(address);
  });

  it.each<[string, () => PlainMap, string]>([
    [
      "one subnet",
      () => ({ subnets: [network.subnets[0].id] }),
      "At least two subnets in two different Availability Zones must be specified",
    ],
    [
      "a subnet that is not there",
      () => ({ subnets: ["subnet-1", "subnet-2"] }),
      "The subnet ID 'subnet-1' does not exist",
    ],
    ["a group that is not there", () => ({ securityGroups: ["sg-1"] }), "The security group 'sg-1' does not exist"],
    ["a name that is too long", () => ({ name: "x".repeat(33) }), "name must be 1 to 32 letters, digits and hyphens"],
    [
      "logs in a bucket",
      () => ({ accessLogs: { bucket: "logs" } }),
      "accessLogs is not implemented by this stand-in for the aws provider: the embedded cloud does not imitate it",
    ],
  ])("is refused with %s", async (_, more, message) => {
    await expect(async () => balancer(more())).rejects.toThrow(message);
  });

  it("that faces the internet needs a gateway", async () => {
    for (const [id, outputs] of sample.cloud.store.all("aws:ec2/route:Route"))
      await sample.delete("ec2/route", { id, outputs });
    await sample.delete("ec2/internetGateway", network.gateway);
    await expect(balancer()).rejects.toThrow("has no internet gateway");
    expect((await balancer({ internal: true })).outputs.internal).toBe(true);
  });

  it("goes with its listeners, but not while it is protected", async () => {
    const made = await balancer({ enableDeletionProtection: true });
    const group = await targets();
    await sample.create("lb/listener", {
      loadBalancerArn: made.id,
      port: 80,
      defaultActions: [{ type: "forward", targetGroupArn: group.id }],
    });
    await expect(sample.delete("lb/loadBalancer", made)).rejects.toThrow(
      "cannot be deleted because deletion protection is enabled",
    );
    expect(await sample.undeletable("lb/targetGroup", group)).toBe("impatient");
    const unprotected = await sample.update("lb/loadBalancer", made, {
      name: "shop",
      subnets: network.subnets.map(({ id }) => id),
      securityGroups: [network.group.id],
    });
    expect(unprotected.outputs).toMatchObject({ arn: made.id, dnsName: made.outputs.dnsName });
    await sample.delete("lb/loadBalancer", made);
    expect(given().listeners(made.id)).toEqual([]);
    await sample.delete("lb/targetGroup", group);
  });
});

describe("a target group", () => {
  it("has the health checks of its protocol", async () => {
    const { id } = await targets({ deregistrationDelay: 5 });
    expect(given().targetGroup(id)).toMatchObject({
      targetGroupName: "web",
      deregistrationDelay: 5,
      algorithm: "round_robin",
      healthCheck: {
        protocol: "HTTP",
        path: "/",
        matcher: "200",
        port: "traffic-port",
        interval: 30,
        timeout: 5,
        healthyThreshold: 5,
        unhealthyThreshold: 2,
      },
    });
    const tcp = await targets({ name: "tcp", protocol: "TCP" });
    expect(given().targetGroup(tcp.id)?.healthCheck).toMatchObject({
      protocol: "TCP",
      timeout: 10,
      healthyThreshold: 3,
    });
    const own = await targets({
      name: "own",
      healthCheck: { path: "/health", interval: 5, timeout: 2, healthyThreshold: 2, port: "8080", matcher: "200-399" },
    });
    expect(given().targetGroup(own.id)?.healthCheck).toMatchObject({
      path: "/health",
      interval: 5,
      port: 8080,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    });
  });

  it.each<[string, PlainMap, string]>([
    [
      "a time-out beyond the interval",
      { healthCheck: { interval: 5, timeout: 5 } },
      "Health check timeout '5' must be smaller than the interval '5'",
    ],
    [
      "an interval that is too short",
      { healthCheck: { interval: 4 } },
      "healthCheck.interval must be 5 or more, not 4",
    ],
    [
      "a path of a TCP check",
      { protocol: "TCP", healthCheck: { protocol: "TCP", path: "/" } },
      "path and matcher are not supported",
    ],
    [
      "cookies of a TCP group",
      { protocol: "TCP", stickiness: { type: "lb_cookie" } },
      "Stickiness type 'lb_cookie' is not supported",
    ],
    ["no VPC", { vpcId: null }, "A VPC ID must be specified"],
  ])("is refused with %s", async (_, more, message) => {
    await expect(async () => targets(more)).rejects.toThrow(message);
  });
});

describe("a listener", () => {
  const listen = async (more: PlainMap, type = "application") => {
    const { id } = await balancer({ loadBalancerType: type, name: `b${type}` });
    return sample.create("lb/listener", { loadBalancerArn: id, port: 80, ...more });
  };

  it("forwards, redirects, and answers itself", async () => {
    const group = await targets();
    const { id: arn } = await balancer();
    const at = (port: number, action: PlainMap) =>
      sample.create("lb/listener", { loadBalancerArn: arn, port, protocol: "HTTP", defaultActions: [action] });
    const made = await at(80, { type: "forward", targetGroupArn: group.id });
    expect(made.id).toMatch(/:listener\/app\/shop\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    await at(81, { type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } });
    await at(82, {
      type: "fixed-response",
      fixedResponse: { contentType: "text/plain", messageBody: "no", statusCode: "404" },
    });
    await at(83, { type: "forward", forward: { targetGroups: [{ arn: group.id, weight: 2 }] } });
    expect(
      given()
        .listeners(arn)
        .map(({ action }) => action),
    ).toEqual([
      { type: "forward", targetGroups: [{ targetGroupArn: group.id, weight: 1 }] },
      {
        type: "redirect",
        protocol: "HTTPS",
        port: "443",
        host: "#{host}",
        path: "/#{path}",
        query: "#{query}",
        statusCode: "HTTP_301",
      },
      { type: "fixed-response", contentType: "text/plain", messageBody: "no", statusCode: "404" },
      { type: "forward", targetGroups: [{ targetGroupArn: group.id, weight: 2 }] },
    ]);
    expect(
      (
        await sample.read("lb/targetGroup", group, {
          name: "web",
          port: 80,
          protocol: "HTTP",
          vpcId: network.vpc.id,
          targetType: "ip",
        })
      )?.outputs.loadBalancerArns,
    ).toEqual([arn]);
    await expect(at(80, { type: "forward", targetGroupArn: group.id })).rejects.toThrow(
      "A listener already exists on this port for this load balancer",
    );
  });

  it("that redirects to itself is refused", async () => {
    const redirect = { type: "redirect", redirect: { statusCode: "HTTP_301" } };
    await expect(listen({ defaultActions: [redirect] })).rejects.toThrow(
      "The redirect must change the protocol, the port, the host or the path",
    );
  });

  it("fits its load balancer and its target group", async () => {
    const http = await targets();
    const tcp = await targets({ name: "tcp", protocol: "TCP" });
    const forward = (targetGroupArn: string) => ({ defaultActions: [{ type: "forward", targetGroupArn }] });
    await expect(listen({ protocol: "TCP", ...forward(tcp.id) })).rejects.toThrow(
      "Listener protocol 'TCP' is not supported for the load balancer type 'application'",
    );
    await expect(listen({ protocol: "TCP", ...forward(http.id) }, "network")).rejects.toThrow(
      "TCP listeners cannot forward to the HTTP target group",
    );
    await expect(
      sample.create("lb/listener", { loadBalancerArn: "arn:aws:x", port: 80, ...forward(http.id) }),
    ).rejects.toThrow("Load balancer 'arn:aws:x' not found");
  });

  it("with TLS has a certificate, whose key is kept encrypted", async () => {
    const { certificate: certificateBody, key: privateKey } = await keyPair("shop.test", "www.shop.test");
    const group = await targets();
    const action = { defaultActions: [{ type: "forward", targetGroupArn: group.id }] };
    await expect(listen({ port: 443, ...action })).rejects.toThrow(
      "A certificate must be specified for HTTPS listeners",
    );
    const certificate = await sample.create("acm/certificate", { certificateBody, privateKey });
    expect(certificate.id).toMatch(new RegExp(`^${arnPrefix("acm")}certificate/[0-9a-f-]{36}$`));
    expect(certificate.outputs).toMatchObject({
      domainName: "shop.test",
      subjectAlternativeNames: ["shop.test", "www.shop.test"],
      status: "ISSUED",
      type: "IMPORTED",
      keyAlgorithm: "EC_prime256v1",
    });
    expect(given().certificate(certificate.id)).toEqual({ certificate: certificateBody, chain: "", privateKey });
    expect(readFileSync(join(sample.folder, "state.json"), "utf8")).not.toContain(privateKey.split("\n")[1]);
    const other = await sample.create("lb/listener", {
      loadBalancerArn: (await balancer({ name: "tls" })).id,
      port: 443,
      certificateArn: certificate.id,
      ...action,
    });
    expect(other.outputs.protocol).toBe("HTTPS");
    await expect(sample.delete("acm/certificate", certificate)).rejects.toThrow("ResourceInUseException");
    await expect(sample.create("acm/certificate", { certificateBody: "no", privateKey })).rejects.toThrow(
      "it is no PEM-encoded certificate",
    );
  });
});
