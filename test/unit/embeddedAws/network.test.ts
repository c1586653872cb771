import { beforeEach, describe, expect, it } from "vitest";
import { zoneId } from "../../../embedded/aws/names.ts";
import { allows } from "../../../embedded/aws/network/securityGroups.ts";
import { reachesInternet } from "../../../embedded/aws/network/vpcs.ts";
import type { PlainMap } from "../../../embedded/core/value.ts";
import { arnPrefix, SampleCloud } from "./sampleCloud.ts";

let sample: SampleCloud;
beforeEach(() => {
  sample = new SampleCloud();
});

describe("a VPC", () => {
  it("has ids and ARNs as EC2 gives them", async () => {
    const { vpc, subnets, gateway, table, group } = await sample.network();
    expect(vpc.id).toMatch(/^vpc-0[0-9a-f]{16}$/);
    expect(vpc.outputs).toMatchObject({
      arn: `${arnPrefix("ec2")}vpc/${vpc.id}`,
      mainRouteTableId: expect.stringMatching(/^rtb-0[0-9a-f]{16}$/),
      defaultSecurityGroupId: expect.stringMatching(/^sg-0[0-9a-f]{16}$/),
      enableDnsSupport: true,
      enableDnsHostnames: false,
    });
    expect(subnets[0].outputs).toMatchObject({
      arn: `${arnPrefix("ec2")}subnet/${subnets[0].id}`,
      availabilityZone: "eu-central-1a",
      availabilityZoneId: "euc1-az1",
    });
    expect(gateway.id).toMatch(/^igw-0/);
    expect(table.id).toMatch(/^rtb-0/);
    expect(group.outputs).toMatchObject({ name: "test-7b54b66", description: "Managed by Pulumi", vpcId: vpc.id });
  });

  it.each([
    ["us-east-1a", "use1-az1"],
    ["ap-southeast-2c", "apse2-az3"],
    ["eu-central-1b", "euc1-az2"],
    ["us-gov-west-1a", "usgw1-az1"],
  ])("names the zone %s %s", (zone, id) => expect(zoneId(zone)).toBe(id));

  it.each<[string, string, PlainMap, string]>([
    ["without a range", "ec2/vpc", {}, "The request must contain the parameter CidrBlock"],
    ["with a range that is too large", "ec2/vpc", { cidrBlock: "10.0.0.0/8" }, "The CIDR '10.0.0.0/8' is invalid."],
    ["with bits beyond the range", "ec2/vpc", { cidrBlock: "10.0.0.1/16" }, "This is not a valid CIDR block."],
    [
      "a subnet of no VPC",
      "ec2/subnet",
      { vpcId: "vpc-1", cidrBlock: "10.0.0.0/24" },
      "The vpc ID 'vpc-1' does not exist",
    ],
    ["a group of no VPC", "ec2/securityGroup", { vpcId: "vpc-1" }, "The vpc ID 'vpc-1' does not exist"],
    [
      "a rule of no group",
      "vpc/securityGroupIngressRule",
      { securityGroupId: "sg-1", ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
      "The security group 'sg-1' does not exist",
    ],
  ])("is not made %s", async (_, type, inputs, message) => {
    await expect(sample.create(type, inputs)).rejects.toThrow(message);
  });

  it("has subnets that lie within it, apart from each other, in a zone of its region", async () => {
    const { vpc } = await sample.network();
    const subnet = (cidrBlock: string, availabilityZone = "eu-central-1a") =>
      sample.create("ec2/subnet", { vpcId: vpc.id, cidrBlock, availabilityZone });
    await expect(subnet("10.1.0.0/24")).rejects.toThrow(
      "api error InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.",
    );
    await expect(subnet("10.0.1.0/25")).rejects.toThrow(
      "api error InvalidSubnet.Conflict: The CIDR '10.0.1.0/25' conflicts with another subnet",
    );
    await expect(subnet("10.0.2.0/24", "us-east-1a")).rejects.toThrow(
      "Value (us-east-1a) for parameter availabilityZone is invalid.",
    );
  });

  it("is left only when nothing is in it any more", async () => {
    const { vpc, subnets, gateway, table, group } = await sample.network();
    expect(await sample.undeletable("ec2/vpc", vpc)).toBe("impatient");
    expect(await sample.undeletable("ec2/routeTable", table)).toBe("impatient");
    for (const [id, outputs] of sample.cloud.store.all("aws:ec2/routeTableAssociation:RouteTableAssociation")) {
      await sample.delete("ec2/routeTableAssociation", { id, outputs });
    }
    await sample.delete("ec2/routeTable", table);
    await sample.delete("ec2/securityGroup", group);
    for (const subnet of subnets) await sample.delete("ec2/subnet", subnet);
    await sample.delete("ec2/internetGateway", gateway);
    await sample.delete("ec2/vpc", vpc);
    expect(sample.cloud.isEmpty()).toBe(true);
  });

  it("reaches the internet by a route to its gateway, and not otherwise", async () => {
    const { vpc, subnets, table } = await sample.network();
    const { store } = sample.cloud;
    expect(reachesInternet(store, subnets[0].id)).toBe(true);
    const alone = await sample.create("ec2/subnet", { vpcId: vpc.id, cidrBlock: "10.0.9.0/24" });
    expect(reachesInternet(store, alone.id)).toBe(false);
    const [[id, outputs] = ["", {}]] = store.all("aws:ec2/route:Route");
    expect(id).toMatch(new RegExp(`^r-${table.id}\\d+$`));
    expect((await sample.imported("ec2/route", `${table.id}_0.0.0.0/0`))?.id).toBe(id);
    await sample.delete("ec2/route", { id, outputs });
    expect(reachesInternet(store, subnets[0].id)).toBe(false);
  });

  it("refuses a route to a gateway of another VPC, and a second gateway", async () => {
    const { vpc, table } = await sample.network();
    const other = await sample.create("ec2/vpc", { cidrBlock: "10.1.0.0/16" });
    const gateway = await sample.create("ec2/internetGateway", { vpcId: other.id });
    const route = { routeTableId: table.id, destinationCidrBlock: "1.0.0.0/8", gatewayId: gateway.id };
    await expect(sample.create("ec2/route", route)).rejects.toThrow("belong to different networks");
    await expect(sample.create("ec2/internetGateway", { vpcId: vpc.id })).rejects.toThrow(
      "already has an internet gateway attached",
    );
  });
});

describe("security groups", () => {
  const world = { securityGroups: [], address: "0.0.0.0" };
  const at = (address: string, ...securityGroups: string[]) => ({ securityGroups, address });

  it("let in and out what their rules say, by range and by group", async () => {
    const { vpc, group: web } = await sample.network();
    const { store } = sample.cloud;
    const database = await sample.create("ec2/securityGroup", { vpcId: vpc.id, name: "database" });
    const ingress = (securityGroupId: string, more: PlainMap) =>
      sample.create("vpc/securityGroupIngressRule", { securityGroupId, ...more });
    expect(allows(store, world, at("10.0.0.5", web.id), 80, "tcp")).toBe(false);
    await ingress(web.id, { ipProtocol: "tcp", fromPort: 80, toPort: 81, cidrIpv4: "0.0.0.0/0" });
    expect(allows(store, world, at("10.0.0.5", web.id), 80, "tcp")).toBe(true);
    expect(allows(store, world, at("10.0.0.5", web.id), 82, "tcp")).toBe(false);
    expect(allows(store, world, at("10.0.0.5", web.id), 80, "udp")).toBe(false);

    const from = at("10.0.0.5", web.id);
    const to = at("10.0.0.6", database.id);
    expect(allows(store, from, to, 5432, "tcp")).toBe(false);
    const rule = await ingress(database.id, {
      ipProtocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
      referencedSecurityGroupId: web.id,
    });
    expect(allows(store, from, to, 5432, "tcp")).toBe(true);
    expect(allows(store, world, to, 5432, "tcp")).toBe(false);
    // A new group has no rule that lets anything out: the provider takes AWS's away.
    expect(allows(store, to, from, 80, "tcp")).toBe(false);
    await sample.delete("vpc/securityGroupIngressRule", rule);
    expect(allows(store, from, to, 5432, "tcp")).toBe(false);
  });

  it("know a narrow range, rules within themselves, and themselves", async () => {
    const { vpc } = await sample.network();
    const rules: PlainMap[] = [
      { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["35.235.240.0/20"] },
      { protocol: "-1", fromPort: 0, toPort: 0, self: true },
    ];
    const { id } = await sample.create("ec2/securityGroup", {
      vpcId: vpc.id,
      name: "own",
      ingress: rules,
      egress: rules.slice(1),
    });
    const { store } = sample.cloud;
    expect(allows(store, at("35.235.240.1"), at("10.0.0.5", id), 22, "tcp")).toBe(true);
    expect(allows(store, world, at("10.0.0.5", id), 22, "tcp")).toBe(false);
    expect(allows(store, at("10.0.0.6", id), at("10.0.0.5", id), 9999, "udp")).toBe(true);
  });

  it("are those of the VPC where none is named: its members only reach each other", async () => {
    const { vpc } = await sample.network();
    const own = vpc.outputs.defaultSecurityGroupId as string;
    const { store } = sample.cloud;
    expect(allows(store, at("10.0.0.5", own), at("10.0.0.6", own), 80, "tcp")).toBe(true);
    expect(allows(store, world, at("10.0.0.6", own), 80, "tcp")).toBe(false);
    expect(allows(store, at("10.0.0.5", own), world, 443, "tcp")).toBe(true);
  });

  it.each<[string, PlainMap, string]>([
    ["two sources", { ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", cidrIpv6: "::/0" }, "exactly one of"],
    ["no source", { ipProtocol: "-1" }, "exactly one of"],
    ["no ports", { ipProtocol: "tcp", cidrIpv4: "0.0.0.0/0" }, "Must specify both from and to ports"],
    [
      "an unknown protocol",
      { ipProtocol: "quic", fromPort: 1, toPort: 1, cidrIpv4: "0.0.0.0/0" },
      'Unsupported IP protocol "quic"',
    ],
  ])("refuse a rule with %s", async (_, more, message) => {
    const { group } = await sample.network();
    await expect(sample.create("vpc/securityGroupIngressRule", { securityGroupId: group.id, ...more })).rejects.toThrow(
      message,
    );
  });

  it("refuse a rule that they have, and stay while a rule of another names them", async () => {
    const { vpc, group } = await sample.network();
    const other = await sample.create("ec2/securityGroup", { vpcId: vpc.id, name: "other" });
    const rule = { securityGroupId: other.id, ipProtocol: "-1", referencedSecurityGroupId: group.id };
    const made = await sample.create("vpc/securityGroupIngressRule", rule);
    await expect(sample.create("vpc/securityGroupIngressRule", rule)).rejects.toThrow(
      "api error InvalidPermission.Duplicate",
    );
    expect(await sample.undeletable("ec2/securityGroup", group)).toBe("impatient");
    await sample.delete("vpc/securityGroupIngressRule", made);
    expect(await sample.undeletable("ec2/securityGroup", group)).toBe("");
  });
});
