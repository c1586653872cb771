import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { basesOf, leavingStandIns } from "../../../components/registries/standIns.ts";
import { app, build, service } from "../../support/app.ts";

const folder = mkdtempSync(join(tmpdir(), "stand-ins-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, "Dockerfile"),
  "FROM python:3.13-slim AS build\nRUN true\nFROM python:3.13-slim\nCOPY --from=build /a /a\n",
);
const shop = app([service("web", { image: { kind: "build", build: build(folder) } })]);
const standIns = ["python:3.13-slim", "nginx:1.28"];

describe("leavingStandIns", () => {
  it("lets nothing that is built on a stand-in leave the machine", () => {
    expect(leavingStandIns(shop, "docker.io", standIns, [])).toEqual([
      {
        where: `${folder}/Dockerfile: FROM python:3.13-slim`,
        what: "here python:3.13-slim is a stand-in with this machine's certificates and settings in it, and docker.io is another machine's registry",
        mend: "Deploy from a machine that reaches Docker Hub, or set retrofit:registry to one on this machine",
      },
    ]);
  });

  it.each<[string, string, string[], string[]]>([
    ["a registry on this machine", "127.0.0.1:5050", standIns, []],
    ["official images", "docker.io", [], []],
    ["another base", "docker.io", ["postgres:17"], []],
    ["an image that is not built", "docker.io", standIns, ["web"]],
  ])("has nothing against %s", (_, host, names, pinned) => {
    expect(leavingStandIns(shop, host, names, pinned)).toEqual([]);
  });
});

describe("basesOf", () => {
  it("sees every stage, whatever its options", () => {
    const text = "ARG X\nFROM --platform=linux/amd64 debian:trixie-slim AS a\n# FROM none\nfrom nginx:1.28\nFROM a\n";
    expect(basesOf(text)).toEqual(["debian:trixie-slim", "nginx:1.28", "a"]);
  });
});
