import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { listeningPorts } from "../../../../components/aws/listeningPorts.ts";
import { app, build, service } from "../../../support/app.ts";

function dockerfile(text: string, more: Parameters<typeof build>[1] = {}) {
  const folder = mkdtempSync(join(tmpdir(), "ports-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "Dockerfile"), text);
  return build(folder, more);
}

function portsOf(image: ReturnType<typeof build>, more: Parameters<typeof service>[1] = {}): number[] {
  const web = service("web", { image: { kind: "build", build: image }, ...more });
  return listeningPorts(app([web]), web);
}

it.each([
  ["FROM debian\nEXPOSE 8000\n", [8000]],
  ["FROM debian\nexpose 80 443/tcp 53/udp $PORT 8000-8010\n", [80, 443]],
  ["FROM debian\nEXPOSE 80 \\\n  81\n# EXPOSE 82\nEXPOSE 83 # not 84\n", [80, 81, 83]],
  [
    "FROM debian AS base\nEXPOSE 5000\nFROM debian AS other\nEXPOSE 1\nFROM --platform=linux/amd64 base AS app\n",
    [5000],
  ],
  ["FROM nginx:1.28\nEXPOSE 8080\n", [80, 8080]],
  ["FROM registry.example:5000/library/postgres:17@sha256:00\n", [5432]],
  ["FROM debian\n", []],
])("finds in %j the ports %j", (text, ports) => {
  expect(portsOf(dockerfile(text))).toEqual(ports);
});

it("looks at the stage that is built", () => {
  const text = "FROM debian AS one\nEXPOSE 1\nFROM debian AS two\nEXPOSE 2\n";
  expect(portsOf(dockerfile(text, { target: "one" }))).toEqual([1]);
  expect(portsOf(dockerfile(text))).toEqual([2]);
});

it("follows images of other services, also of those that do not run, and never in a circle", () => {
  const base = dockerfile("FROM debian\nEXPOSE 5000\n");
  const extending = dockerfile("FROM base\nEXPOSE 5001\n", { additionalContexts: { base: "service:base" } });
  const image = { kind: "build", build: extending } as const;
  const web = service("web", { image });
  const running = app([service("base", { image: { kind: "build", build: base } }), web]);
  expect(listeningPorts(running, web)).toEqual([5000, 5001]);
  expect(listeningPorts({ ...app([web]), builds: new Map([["base", base]]) }, web)).toEqual([5000, 5001]);
  const circle = dockerfile("FROM base\nEXPOSE 1\n", { additionalContexts: { base: "service:web" } });
  const round = service("web", { image: { kind: "build", build: circle } });
  expect(listeningPorts(app([round]), round)).toEqual([1]);
});

it("adds what the compose file publishes and exposes, and knows official images", () => {
  const db = service("db", {
    image: { kind: "registry", reference: "bitnami/redis:8" },
    ports: [
      { target: 80, published: 8080, protocol: "tcp" },
      { target: 53, published: 53, protocol: "udp" },
    ],
    exposed: [9000],
  });
  expect(listeningPorts(app([db]), db)).toEqual([80, 6379, 9000]);
});
