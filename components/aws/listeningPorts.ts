import { existsSync, readFileSync } from "node:fs";
import type { App, Build, Service } from "../../compose/model.ts";
import { stagesOf } from "../dockerfile.ts";

/** What the official images listen on, by the last part of their names. */
const knownPorts: Readonly<Record<string, readonly number[]>> = {
  caddy: [80, 443],
  elasticsearch: [9200, 9300],
  ferretdb: [27017],
  haproxy: [80],
  httpd: [80],
  keydb: [6379],
  mariadb: [3306],
  memcached: [11211],
  minio: [9000],
  mongo: [27017],
  mysql: [3306],
  nats: [4222],
  nginx: [80],
  opensearch: [9200],
  percona: [3306],
  pgvector: [5432],
  postgis: [5432],
  postgres: [5432],
  rabbitmq: [5672],
  redis: [6379],
  timescaledb: [5432],
  traefik: [80],
  valkey: [6379],
};

/**
 * TCP ports on which the others reach a service, sorted. Service Connect has to be told them, and Compose needs not: what the service
 * publishes and exposes; without either, what its Dockerfile exposes or its official image is known for.
 */
export function listeningPorts(app: App, service: Service): number[] {
  const published = service.ports.flatMap(({ protocol, target }) => (protocol === "tcp" ? [target] : []));
  const said = [...published, ...(service.exposed ?? [])];
  const image =
    service.image.kind === "build"
      ? exposedBy(app, service.image.build)
      : (knownPorts[imageName(service.image.reference)] ?? []);
  return [...new Set([...said, ...image])].sort((a, b) => a - b);
}

function imageName(reference: string): string {
  return (reference.split("@")[0] as string)
    .replace(/:[^/:]*$/, "")
    .split("/")
    .at(-1) as string;
}

/** TCP ports that a Dockerfile exposes, those of the stages and images of the app that it builds on included. */
function exposedBy(app: App, build: Build, seen: readonly Build[] = []): number[] {
  if (seen.includes(build) || !existsSync(build.dockerfile)) return [];
  const stages = stagesOf(readFileSync(build.dockerfile, "utf8"), build.args);
  const last = build.target === undefined ? stages.at(-1) : stages.find(({ name }) => name === build.target);
  const ports: number[] = [];
  for (let stage = last; stage !== undefined; ) {
    ports.push(...stage.ports);
    const { base } = stage;
    const index = stages.indexOf(stage);
    stage = stages.slice(0, index).find(({ name }) => name === base);
    if (stage === undefined) ports.push(...portsOfBase(app, build, base, [...seen, build]));
  }
  return ports;
}

function portsOfBase(app: App, build: Build, base: string, seen: readonly Build[]): number[] {
  const context = build.additionalContexts[base];
  if (context?.startsWith("service:")) {
    const name = context.slice("service:".length);
    const image = app.services.get(name)?.image;
    const other = image?.kind === "build" ? image.build : app.builds?.get(name);
    return other === undefined ? [] : exposedBy(app, other, seen);
  }
  return [...(knownPorts[imageName(context?.replace(/^docker-image:\/\//, "") ?? base)] ?? [])];
}
