import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import type { App } from "../../compose/model.ts";

export interface FirewallArgs {
  vpcId: pulumi.Input<string>;
  app: App;
}

/** Groups that one network interface may have, https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
export const mostGroups = 5;

/**
 * Who may talk to whom: services that share a network of the compose file, and nobody else. The load balancer and file systems
 * add themselves.
 */
export class Firewall extends pulumi.ComponentResource {
  /** Group of all tasks, which lets nobody in by itself and everything out. */
  readonly tasksGroupId: pulumi.Output<string>;
  readonly #networks: Readonly<Record<string, pulumi.Output<string>>>;
  readonly #app: App;

  constructor(name: string, args: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("retrofit:aws:Firewall", name, {}, opts);
    const { vpcId, app } = args;
    this.#app = app;

    const tasks = new SecurityGroup(
      groupResource(`${name}-tasks`),
      { vpcId, description: `Tasks of ${app.name}` },
      { parent: this },
    );
    // Images, logs and secrets are fetched through the task's own interface, and apps call others.
    new SecurityGroupEgressRule(
      `${name}-tasks-out`,
      { securityGroupId: tasks.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
      { parent: this },
    );
    this.#networks = Object.fromEntries(
      networksOf(app).map((network) => {
        const group = new SecurityGroup(
          groupResource(`${name}-${network}`),
          { vpcId, description: `Network ${network} of ${app.name}` },
          { parent: this },
        );
        new SecurityGroupIngressRule(
          `${name}-${network}-inside`,
          { securityGroupId: group.id, ipProtocol: "-1", referencedSecurityGroupId: group.id },
          { parent: this },
        );
        return [network, group.id];
      }),
    );
    this.tasksGroupId = tasks.id;
    this.registerOutputs({ tasksGroupId: this.tasksGroupId, networks: this.#networks });
  }

  /** Groups of a service's task. */
  groupsOf(service: string): pulumi.Output<string>[] {
    const networks = this.#app.services.get(service)?.networks ?? new Map();
    return [
      this.tasksGroupId,
      ...[...networks.keys()].sort().map((network) => this.#networks[network] as pulumi.Output<string>),
    ];
  }
}

/** The resource that a security group is, of whose name Pulumi makes the group's: EC2 refuses what begins like its own ids. */
export function groupResource(text: string): string {
  return text.startsWith("sg-") ? `group-${text}` : text;
}

/** Networks that a service is in, sorted. */
function networksOf(app: App): string[] {
  const used = [...app.services.values()].flatMap(({ networks }) => [...networks.keys()]);
  return [...new Set(used)].sort();
}
