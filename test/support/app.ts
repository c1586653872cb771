import * as pulumi from "@pulumi/pulumi";
import type { App, Build, Network, Service, Volume } from "../../compose/model.ts";

/** A service that says nothing but its image, and what a test adds to it. */
export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    name,
    image: { kind: "registry", reference: "debian:trixie-slim" },
    environment: {},
    networks: new Map([["default", { aliases: [name] }]]),
    networkMode: "bridge",
    extraHosts: [],
    ports: [],
    mounts: [],
    files: [],
    dependsOn: {},
    restart: { policy: "no" },
    job: false,
    resources: {},
    groupAdd: [],
    readOnly: false,
    privileged: false,
    init: false,
    tty: false,
    stdinOpen: false,
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    devices: [],
    sysctls: {},
    ulimits: {},
    labels: {},
    ...more,
  };
}

export function app(services: readonly Service[], volumes: readonly Volume[] = []): App {
  const byName = <T extends { readonly name: string }>(all: readonly T[]) =>
    new Map(all.map((each) => [each.name, each]));
  return {
    name: "shop",
    file: "/srv/shop/compose.yaml",
    services: byName(services),
    networks: byName<Network>([{ name: "default", internal: false, driverOpts: {}, labels: {}, subnets: [] }]),
    volumes: byName(volumes),
    warnings: [],
  };
}

export function volume(name: string, more: Partial<Volume> = {}): Volume {
  return { name, driverOpts: {}, labels: {}, storage: "disk", ...more };
}

export function build(context: string, more: Partial<Build> = {}): Build {
  return {
    context,
    dockerfile: `${context}/Dockerfile`,
    args: {},
    labels: {},
    platforms: [],
    additionalContexts: {},
    secrets: {},
    ...more,
  };
}

/** Secret variables and their values. */
export function secretsOf(values: Readonly<Record<string, string>>) {
  return pulumi.secret<Readonly<Record<string, string>>>(values);
}
