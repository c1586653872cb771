import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { ContainerDefinition, TaskDefinition } from "../../../../components/aws/taskDefinition/model.ts";
import type { App, Mount, Service } from "../../../../compose/model.ts";
import { app, service, volume } from "../../../support/app.ts";
import { check } from "../../../support/checkers.ts";
import { planned, render } from "./rendered.ts";

// AWS hands a definition back in an order of its own, and the provider compares texts. So whatever order an app is read in, one text comes
// out, and it is the sorted one.

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
const record = <T>(value: fc.Arbitrary<T>) => fc.dictionary(word, value, { maxKeys: 4 });
const port = fc.integer({ min: 1, max: 65_535 });
const limit = fc.record({ soft: fc.integer({ min: 1, max: 9 }), hard: fc.integer({ min: 10, max: 99 }) });
const path = word.map((name) => `/${name}`);

const mount: fc.Arbitrary<Mount> = fc.oneof(
  fc.record({
    kind: fc.constant("volume" as const),
    volume: fc.constantFrom("data", "uploads"),
    target: path,
    readOnly: fc.boolean(),
    noCopy: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("tmpfs" as const), target: path }),
);

const arbitrary = (name: string): fc.Arbitrary<Service> =>
  fc
    .record({
      environment: record(fc.oneof(word, fc.constant({ secret: ["s"] }))),
      exposed: fc.uniqueArray(port, { maxLength: 3 }),
      ports: fc.array(
        fc.record({ target: port, published: port, protocol: fc.constantFrom("tcp" as const, "udp" as const) }),
        { maxLength: 3 },
      ),
      mounts: fc.uniqueArray(mount, { maxLength: 4, selector: ({ target }) => target }),
      labels: record(word),
      ulimits: fc.dictionary(fc.constantFrom("core", "nofile", "nproc"), limit),
      sysctls: fc.dictionary(fc.constantFrom("net.core.somaxconn", "net.ipv4.tcp_syncookies"), fc.constant("1")),
      capAdd: fc.uniqueArray(fc.constantFrom("CHOWN", "SETUID", "KILL")),
      capDrop: fc.uniqueArray(fc.constantFrom("ALL", "NET_RAW", "MKNOD")),
      securityOpt: fc.uniqueArray(fc.constantFrom("no-new-privileges:true", "apparmor=unconfined")),
      readOnly: fc.boolean(),
      // On EC2 moto, unlike ECS, is not content with a reservation.
      resources: fc.record({ memory: fc.integer({ min: 6 * 1024 ** 2, max: 1024 ** 3 }) }),
    })
    .map((more) => service(name, more));

const apps = fc.tuple(arbitrary("db"), arbitrary("web"), arbitrary("worker")).map(([db, web, worker]): App => {
  // Which a task cannot have, and is refused.
  const tcp = (each: Service) => ({ ...each, ports: each.ports.map((one) => ({ ...one, protocol: "tcp" as const })) });
  return app([tcp(db), tcp(web), tcp(worker)], [volume("data"), volume("uploads", { storage: "bucket" })]);
});

const launchTypes = fc.constantFrom("fargate" as const, "ec2" as const);

it("renders the same text in whatever order things are said", () => {
  fc.assert(
    fc.property(apps, launchTypes, (one, launchType) => {
      const other = { ...one, services: new Map([...one.services].map(([name, each]) => [name, turned(each)])) };
      expect(text(other, launchType)).toBe(text(one, launchType));
    }),
    { numRuns: 200 },
  );
});

it("renders every list sorted, and once", () => {
  fc.assert(
    fc.property(apps, launchTypes, (one, launchType) => {
      for (const definition of render(one, planned(one, launchType))) expect(unsorted(definition)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it("renders what botocore and moto's ECS take", async () => {
  const some = fc.sample(fc.tuple(apps, launchTypes), { numRuns: 30, seed: 6 });
  const definitions = some.flatMap(([one, launchType]) => render(one, planned(one, launchType)));
  const answer = await check("python3", ["test/support/registerTaskDefinitions.py"], JSON.stringify(definitions));
  const registered = JSON.parse(answer) as { problems?: string[] }[];
  expect(registered.length).toBe(definitions.length);
  expect(registered.flatMap(({ problems = [] }) => problems)).toEqual([]);
});

function text(one: App, launchType: "fargate" | "ec2"): string {
  return JSON.stringify(render(one, planned(one, launchType)));
}

/** The same service, all that has no order said the other way round. */
function turned(one: Service): Service {
  const back = <T>(all: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(all).reverse());
  return {
    ...one,
    environment: back(one.environment),
    labels: back(one.labels),
    ulimits: back(one.ulimits),
    sysctls: back(one.sysctls),
    ports: one.ports.toReversed(),
    mounts: one.mounts.toReversed(),
    capAdd: one.capAdd.toReversed(),
    capDrop: one.capDrop.toReversed(),
    securityOpt: one.securityOpt.toReversed(),
  };
}

/** Names of the lists that are in no order, or have something twice. */
function unsorted({ containerDefinitions, volumes }: TaskDefinition): string[] {
  const lists: [string, readonly string[]][] = [
    ["containers", containerDefinitions.map(({ name }) => name)],
    ["volumes", volumes.map(({ name }) => name)],
    ...containerDefinitions.flatMap(listsOf),
  ];
  return lists.flatMap(([name, list]) =>
    list.every((each, index) => index === 0 || (list[index - 1] as string) < each) ? [] : [name],
  );
}

function listsOf(container: ContainerDefinition): [string, readonly string[]][] {
  const { environment, secrets = [], mountPoints, portMappings, ulimits = [], systemControls } = container;
  const { capabilities, tmpfs = [] } = container.linuxParameters ?? {};
  const number = (value: number) => `${value}`.padStart(5, "0");
  return [
    ["environment", environment.map(({ name }) => name)],
    ["secrets", secrets.map(({ name }) => name)],
    ["mounts", mountPoints.map(({ containerPath }) => containerPath)],
    [
      "ports",
      portMappings.map(
        ({ containerPort, hostPort, protocol }) => `${number(containerPort)} ${number(hostPort)} ${protocol}`,
      ),
    ],
    ["ulimits", ulimits.map(({ name }) => name)],
    ["kernel parameters", systemControls.map(({ namespace }) => namespace)],
    ["tmpfs", tmpfs.map(({ containerPath }) => containerPath)],
    ["added", capabilities?.add ?? []],
    ["dropped", capabilities?.drop ?? []],
    ["labels", Object.keys(container.dockerLabels ?? {})],
    ["options", container.dockerSecurityOptions ?? []],
  ];
}
