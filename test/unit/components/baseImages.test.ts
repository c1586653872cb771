import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { imagesBehind, imagesBelow } from "../../../components/baseImages.ts";
import { app, build, service } from "../../support/app.ts";
import { root } from "../../support/stack.ts";

const folder = mkdtempSync(join(tmpdir(), "base-images-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "Dockerfile"), "ARG TAG=7\nFROM redis:$TAG AS cache\nFROM base\n");
writeFileSync(join(folder, "Dockerfile.extended"), "FROM debian:trixie-slim\n");
const contexts = { base: "docker-image://docker.io/library/nginx:1.28", files: "/srv/files" };
const own = build(folder, { args: { TAG: "8" }, additionalContexts: contexts });
const extended = build(folder, { dockerfile: join(folder, "Dockerfile.extended") });
const shop = {
  ...app([
    service("web", { image: { kind: "build", build: own, reference: "shop/web" } }),
    service("db", { image: { kind: "registry", reference: "postgres:17" } }),
  ]),
  builds: new Map([["base", extended]]),
};

it("are those that services run, builds name, and images to be extended are built on", () => {
  const images = ["debian:trixie-slim", "nginx:1.28", "postgres:17", "redis:8"];
  expect(imagesBehind(shop)).toEqual(images);
});

it("are not those of services whose image is given", () => {
  expect(imagesBehind(shop, ["web", "db"])).toEqual(["debian:trixie-slim"]);
});

it("are those of the Dockerfiles that a target has", () => {
  expect(new Set(imagesBelow(join(root, "components", "gcp")))).toEqual(new Set(["python:3.13-slim"]));
  expect(new Set(imagesBelow(join(root, "embedded", "gcp")))).toEqual(new Set(["debian:trixie-slim"]));
  expect(imagesBelow(join(root, "components", "docker"))).toEqual([]);
  expect(imagesBelow(join(root, "components", "elsewhere"))).toEqual([]);
});
