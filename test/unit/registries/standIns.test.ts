import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { lackingStandIns, leavingStandIns } from "../../../components/registries/standIns.ts";
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
        mend: "Deploy from a machine that reaches Docker Hub (where this one does by now: RETROFIT_DOWNLOADS=official npm run setup -- base-images), or set retrofit:registry to one on this machine",
      },
    ]);
  });

  it("knows an image by its full name, by an argument, and as what is only copied from", () => {
    const text = "ARG BASE=docker.io/library/python\nFROM $BASE:3.13-slim\nCOPY --from=nginx:1.28 /etc /etc\n";
    writeFileSync(join(folder, "Dockerfile.others"), text);
    const others = build(folder, { dockerfile: join(folder, "Dockerfile.others") });
    const problems = leavingStandIns(
      app([service("web", { image: { kind: "build", build: others } })]),
      "docker.io",
      standIns,
      [],
    );
    expect(problems.map(({ where }) => where)).toEqual([
      `${folder}/Dockerfile.others: FROM nginx:1.28`,
      `${folder}/Dockerfile.others: FROM python:3.13-slim`,
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

describe("lackingStandIns", () => {
  const possible = ["debian:trixie-slim", "python:3.13-slim", "postgres:17", "redis:8"];
  const database = service("db", { image: { kind: "registry", reference: "docker.io/library/postgres:17" } });
  const queue = service("queue", { image: { kind: "registry", reference: "redis:8" } });
  const whole = app([...shop.services.values(), database, queue]);

  it("names what was not made for another app, in one problem", () => {
    expect(lackingStandIns(whole, standIns, possible, [])).toEqual([
      {
        where: "/srv/shop/compose.yaml",
        what: "takes postgres:17, redis:8, for which there is no stand-in here yet, and Docker Hub cannot be reached",
        mend: "Run npm run setup -- base-images, or deploy by npm start, which makes what is missing",
      },
    ]);
  });

  it.each<[string, string[], string[], string[]]>([
    ["official images", [], possible, []],
    ["images of which none can be made", standIns, ["python:3.13-slim"], []],
    ["what was made", [...standIns, "postgres:17", "redis:8"], possible, []],
    ["services whose image is given", standIns, possible, ["db", "queue"]],
  ])("has nothing against %s", (_, made, known, pinned) => {
    expect(lackingStandIns(whole, made, known, pinned)).toEqual([]);
  });
});
