import type { App } from "../../../compose/model.ts";
import { app, service, volume } from "../../support/app.ts";

const restart = { policy: "unless-stopped" } as const;

/** An app with a bit of everything that a VM treats in its own way. */
export const shop: App = {
  ...app(
    [
      service("db", {
        image: { kind: "registry", reference: "postgres:17" },
        user: "postgres",
        environment: { POSTGRES_DB: "shop", POSTGRES_PASSWORD: { secret: [{ name: "DB_PASSWORD" }] } },
        networks: new Map([["back", { aliases: ["db"] }]]),
        mounts: [
          { kind: "volume", volume: "data", target: "/var/lib/postgresql/data", readOnly: false, noCopy: false },
          { kind: "tmpfs", target: "/tmp", size: 65536, mode: 0o1777 },
        ],
        healthcheck: { test: ["CMD", "pg_isready", "--quiet"], interval: 5, timeout: 5, retries: 5, startPeriod: 60 },
        restart,
        stopGracePeriod: 60,
        shmSize: 134217728,
      }),
      service("migrate", {
        command: ["flask", "db", "upgrade"],
        networks: new Map([["back", { aliases: ["migrate"] }]]),
        dependsOn: { db: "healthy" },
        job: true,
      }),
      service("web", {
        environment: {
          A: 'it\'s "quoted"\n{{retrofit:release}}',
          URL: { secret: ["postgres://", { name: "DB_PASSWORD" }] },
        },
        networks: new Map([
          ["front", { aliases: ["web", "app"] }],
          ["back", { aliases: ["web"] }],
        ]),
        mounts: [
          { kind: "volume", volume: "uploads", target: "/srv/uploads", readOnly: false, noCopy: false },
          { kind: "volume", volume: "static", target: "/srv/static", readOnly: false, noCopy: false },
        ],
        files: [
          {
            name: "key",
            kind: "secret",
            target: "/run/secrets/key",
            content: { secret: ["k3y"] },
            mode: 0o400,
            uid: 900,
          },
          { name: "conf", kind: "config", target: "/etc/app.conf", content: "workers = 2\n", mode: 0o444 },
        ],
        dependsOn: { migrate: "completed", db: "healthy" },
        restart: { policy: "on-failure", maxRetries: 3 },
        readOnly: true,
        capDrop: ["ALL"],
        capAdd: ["SETUID"],
        securityOpt: ["no-new-privileges:true"],
        resources: { cpus: 0.5, memory: 134217728, pids: 50 },
        ulimits: { nofile: { soft: 1024, hard: 2048 } },
        sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
        extraHosts: [{ host: "legacy", ip: "10.0.0.7" }],
      }),
      service("nginx", {
        networks: new Map([["front", { aliases: ["nginx"] }]]),
        ports: [
          { target: 8080, published: 80, protocol: "tcp" },
          { target: 9000, published: 9000, protocol: "tcp" },
          { target: 9001, published: 9001, protocol: "tcp", hostIp: "127.0.0.1" },
        ],
        mounts: [
          { kind: "volume", volume: "static", target: "/www", readOnly: true, noCopy: false },
          {
            kind: "bind",
            source: "/srv/shop/logs",
            target: "/var/log/nginx",
            readOnly: false,
            createHostPath: true,
            cloud: "drop",
          },
        ],
        dependsOn: { web: "started" },
        restart,
        logging: { driver: "json-file", options: { "max-size": "1m" } },
        labels: { team: "shop" },
      }),
    ],
    [
      volume("data"),
      volume("static", { storage: "image", imageOf: "web" }),
      volume("uploads", { storage: "bucket", uid: 900, gid: 900, fileMode: 0o640, dirMode: 0o750 }),
    ],
  ),
  networks: new Map([
    ["back", { name: "back", internal: true, driverOpts: {}, labels: {}, subnets: [] }],
    ["front", { name: "front", internal: false, driverOpts: {}, labels: {}, subnets: [] }],
  ]),
};
