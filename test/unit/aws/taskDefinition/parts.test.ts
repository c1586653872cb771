import { expect, it } from "vitest";
import { healthCheck } from "../../../../components/aws/taskDefinition/healthCheck.ts";
import { capabilitiesOf } from "../../../../components/aws/taskDefinition/linux.ts";
import { ecsName, pathVolume } from "../../../../components/aws/taskDefinition/names.ts";
import { links, namesOf, portMappings } from "../../../../components/aws/taskDefinition/network.ts";
import { fargateSize, sizeText, wantedSize } from "../../../../components/aws/taskDefinition/size.ts";
import { defaultCapabilities } from "../../../../compose/support/aws.ts";
import { app, service } from "../../../support/app.ts";

const MiB = 1024 ** 2;

it.each([
  [{}, "0.25 CPU and 512 MiB"],
  [{ cpus: 0.25 }, "0.25 CPU and 512 MiB"],
  [{ cpus: 0.26 }, "0.5 CPU and 1 GiB"],
  [{ memory: 512 * MiB + 1 }, "0.25 CPU and 1 GiB"],
  [{ memory: 2049 * MiB }, "0.5 CPU and 3 GiB"],
  [{ memoryReservation: 4096 * MiB }, "0.5 CPU and 4 GiB"],
  [{ cpus: 1, memory: 128 * MiB }, "1 CPU and 2 GiB"],
  [{ cpus: 0.5, memory: 9 * 1024 * MiB }, "2 CPU and 9 GiB"],
  [{ cpus: 8, memory: 17 * 1024 * MiB }, "8 CPU and 20 GiB"],
  [{ cpus: 16, memory: 120 * 1024 * MiB }, "16 CPU and 120 GiB"],
])("gives %j on Fargate %s", (resources, size) => {
  const found = fargateSize(wantedSize(resources));
  expect(found && sizeText(found)).toBe(size);
});

it.each([{ cpus: 16.1 }, { memory: 120 * 1024 * MiB + 1 }])("has no size on Fargate for %j", (resources) => {
  expect(fargateSize(wantedSize(resources))).toBeUndefined();
});

it.each([
  [[], [], undefined, undefined],
  [[], ["ALL"], { add: [], drop: ["ALL"] }, { add: [], drop: ["ALL"] }],
  // Fargate adds nothing: what is kept is what is not dropped.
  [
    ["CAP_SETUID", "setgid"],
    ["ALL"],
    { add: [], drop: defaultCapabilities.filter((name) => !["SETGID", "SETUID"].includes(name)) },
    { add: ["SETGID", "SETUID"], drop: ["ALL"] },
  ],
  [["SYS_PTRACE"], ["all"], { add: ["SYS_PTRACE"], drop: ["ALL"] }, { add: ["SYS_PTRACE"], drop: ["ALL"] }],
  [
    ["CHOWN"],
    ["NET_RAW", "MKNOD"],
    { add: [], drop: ["MKNOD", "NET_RAW"] },
    { add: ["CHOWN"], drop: ["MKNOD", "NET_RAW"] },
  ],
])("with %j added and %j dropped", (capAdd, capDrop, fargate, ec2) => {
  expect(capabilitiesOf({ capAdd, capDrop }, "fargate")).toEqual(fargate);
  expect(capabilitiesOf({ capAdd, capDrop }, "ec2")).toEqual(ec2);
});

const test = ["CMD", "true"];

it.each([
  [undefined, undefined],
  [{ test: ["NONE"] }, undefined],
  [{ interval: 5 }, undefined],
  [{ test }, { command: test, interval: 30, timeout: 30, retries: 3 }],
  [
    { test, interval: 1, timeout: 0.5, retries: 20, startPeriod: 3600 },
    { command: test, interval: 5, timeout: 2, retries: 10, startPeriod: 300 },
  ],
  [
    { test, interval: 0, timeout: 61, retries: 0 },
    { command: test, interval: 30, timeout: 60, retries: 3 },
  ],
])("makes the health check of %j", (check, expected) => {
  expect(healthCheck(check)).toEqual(expected);
});

it("names containers, volumes and families as ECS takes them, two never alike", () => {
  expect(ecsName("web_1-a")).toBe("web_1-a");
  expect(ecsName("web.1")).toMatch(/^web-1-[0-9a-f]{7}$/);
  expect(ecsName("web.1")).not.toBe(ecsName("web-1"));
  expect(pathVolume("nginx", "/var/log/nginx")).toBe("nginx-var-log-nginx");
  expect(pathVolume("nginx", "/a-b")).not.toBe(pathVolume("nginx", "/a/b"));
  expect(pathVolume("nginx", "/conf.d")).toMatch(/^[\w-]+$/);
});

it("maps the ports on which a service is reached on Fargate, and those that are published on EC2", () => {
  const web = service("web", {
    ports: [
      { target: 8080, published: 80, protocol: "tcp" },
      { target: 8080, published: 81, protocol: "tcp" },
      { target: 53, published: 53, protocol: "udp" },
      { target: 9000, protocol: "tcp" },
      { target: 9001, published: 9001, protocol: "tcp", hostIp: "127.0.0.1" },
    ],
  });
  expect(portMappings(web, [8080, 9000, 9001], "fargate")).toEqual([
    { containerPort: 53, hostPort: 53, protocol: "udp" },
    { name: "tcp-8080", containerPort: 8080, hostPort: 8080, protocol: "tcp" },
    { name: "tcp-9000", containerPort: 9000, hostPort: 9000, protocol: "tcp" },
    { name: "tcp-9001", containerPort: 9001, hostPort: 9001, protocol: "tcp" },
  ]);
  expect(portMappings(web, [8080, 9000, 9001], "ec2")).toEqual([
    { containerPort: 53, hostPort: 53, protocol: "udp" },
    { containerPort: 8080, hostPort: 80, protocol: "tcp" },
    { containerPort: 8080, hostPort: 81, protocol: "tcp" },
    { containerPort: 9000, hostPort: 0, protocol: "tcp" },
  ]);
  expect(portMappings({ ...web, networkMode: "none" }, [8080], "fargate")).toEqual([]);
});

it("links a service to those before it that are on a network with it, by each of their names there", () => {
  const on = (...names: [string, string[]][]) => ({
    networks: new Map(names.map(([name, aliases]) => [name, { aliases }])),
  });
  const whole = app([
    service("db", on(["back", ["db", "postgres"]])),
    service("migrate", { ...on(["back", ["migrate"]]), job: true }),
    service("web.1", on(["back", ["web.1"]], ["front", ["app", "web.1"]])),
    service("nginx", on(["front", ["nginx"]])),
    service("late", on(["front", ["late"]])),
  ]);
  const linksOf = (name: string) => links(whole, whole.services.get(name) as ReturnType<typeof service>);
  expect(linksOf("db")).toEqual([]);
  expect(linksOf("migrate")).toEqual(["db:db", "db:postgres"]);
  expect(linksOf("web.1")).toEqual(["db:db", "db:postgres"]);
  // A link's name has no dots.
  expect(linksOf("nginx")).toEqual([`${ecsName("web.1")}:app`]);
  expect(linksOf("late")).toEqual(["nginx:nginx", `${ecsName("web.1")}:app`]);
});

it("knows a service by its own name first, in lower case", () => {
  const web = service("web", { networks: new Map([["a", { aliases: ["WWW", "app", "web"] }]]) });
  expect(namesOf(web)).toEqual(["web", "app", "www"]);
});
