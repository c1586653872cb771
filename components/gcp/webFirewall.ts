import { Firewall } from "@pulumi/gcp/compute/firewall.js";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, UserError } from "../../userError.ts";

export interface OpenPort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

export interface WebFirewallArgs {
  /** Id of the project. */
  project: string;
  network: pulumi.Input<string>;
  /** Ports that are open to the world. */
  ports: readonly OpenPort[];
  /** Tag of the machines that the rules are for. @default "http-server" */
  tag?: string;
  /** Let identity-aware proxy reach SSH; nobody else ever does. @default false */
  ssh?: boolean;
}

/** https://cloud.google.com/iap/docs/using-tcp-forwarding#create-firewall-rule */
const identityAwareProxy = "35.235.240.0/20";

/** What the world may reach of an app. */
export class WebFirewall extends pulumi.ComponentResource {
  /** Tag to give to a machine. */
  readonly tag: string;

  constructor(name: string, args: WebFirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    const { project, network, ports, tag = "http-server", ssh = false } = checkedFirewall(name, args);
    super("retrofit:gcp:WebFirewall", name, { ports, tag, ssh }, opts);

    this.tag = tag;
    const rule = (suffix: string, allows: { protocol: string; ports: string[] }[], source: string) =>
      new Firewall(
        `${name}-${suffix}`,
        { project, network, direction: "INGRESS", allows, sourceRanges: [source], targetTags: [tag] },
        { parent: this },
      );
    const allows = (["tcp", "udp"] as const).flatMap((protocol) => {
      const own = ports.filter((port) => port.protocol === protocol).map(({ port }) => port);
      const sorted = [...new Set(own)].sort((a, b) => a - b).map(String);
      return sorted.length === 0 ? [] : [{ protocol, ports: sorted }];
    });
    if (allows.length > 0) rule("web", allows, "0.0.0.0/0");
    if (ssh) rule("ssh", [{ protocol: "tcp", ports: ["22"] }], identityAwareProxy);
    this.registerOutputs({ tag });
  }
}

/** @throws UserError where a port is none for the world */
export function checkedFirewall<T extends Pick<WebFirewallArgs, "ports">>(name: string, args: T): T {
  const problems: Problem[] = args.ports
    .filter(({ port }) => port === 22 || port === 3389)
    .map(({ port }) => ({
      where: `${name}.ports`,
      what: `${port} is for logging in to the machine, and is not opened to the world`,
      mend: "Publish the service on another port",
    }));
  if (problems.length > 0) throw new UserError(problems);
  return args;
}
