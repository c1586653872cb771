import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readBinds } from "../../../components/gcp/carriedBinds.ts";
import { Deployment } from "../../../components/gcp/deployment.ts";
import type { App, Mount } from "../../../compose/model.ts";
import { app, secretsOf, service } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "binds-"));
  mkdirSync(join(folder, "html"));
  writeFileSync(join(folder, "nginx.conf"), "events {}\n", { mode: 0o644 });
  writeFileSync(join(folder, "start.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "cert.pem"), "-----BEGIN CERTIFICATE-----\n", { mode: 0o644 });
  writeFileSync(join(folder, "server.pem"), "-----BEGIN EC PRIVATE KEY-----\n", { mode: 0o644 });
  writeFileSync(join(folder, "token"), "t0ken", { mode: 0o600 });
});

afterAll(() => rmSync(folder, { recursive: true }));

function withBinds(...binds: [string, Partial<Mount & { kind: "bind" }>?][]): App {
  const mounts = binds.map(([name, more]): Mount => {
    return {
      kind: "bind",
      source: join(folder, name),
      target: `/etc/${name}`,
      readOnly: true,
      createHostPath: false,
      ...more,
    };
  });
  return { ...app([service("web", { mounts })]), file: join(folder, "compose.yaml") };
}

it("carries files, private keys and what only its owner reads as secrets, and folders by an image of their own", () => {
  const { files, folders } = readBinds(
    withBinds(
      ["nginx.conf"],
      ["start.sh"],
      ["cert.pem"],
      ["server.pem"],
      ["token"],
      ["html"],
      ["logs", { readOnly: false, cloud: "drop" }],
    ),
  );
  const seen = [...files].map(([path, { secret, mode }]) => [path.slice(folder.length + 1), secret, mode.toString(8)]);
  expect(seen).toEqual([
    ["nginx.conf", false, "444"],
    ["start.sh", false, "555"],
    ["cert.pem", false, "444"],
    ["server.pem", true, "444"],
    ["token", true, "444"],
  ]);
  expect([...folders]).toEqual([[join(folder, "html"), []]]);
});

it("says all that a VM cannot have at once", () => {
  const wrong = withBinds(
    ["logs", { readOnly: false }],
    ["nginx.conf", { readOnly: false, cloud: "disk" }],
    ["nowhere"],
  );
  const where = (name: string) => `${folder}/compose.yaml: services.web.volumes (/etc/${name})`;
  expect(() => readBinds(wrong)).toThrow(
    `${where("logs")}: it is a writable bind of ${folder}/logs, which the VM does not have. ` +
      'Say in retrofit:services.web.binds what becomes of it: "disk" or "drop".\n' +
      `${where("nginx.conf")}: a single file cannot be kept on the disk. Keep its folder.\n` +
      `${where("nowhere")}: ${folder}/nowhere is neither a file nor a folder. Correct the path.`,
  );
});

it("puts a folder into an image of its own, without its keys, and those into Secret Manager", async () => {
  mkdirSync(join(folder, "tls/old"), { recursive: true });
  writeFileSync(join(folder, "tls/site.conf"), "listen 443 ssl;\n", { mode: 0o644 });
  writeFileSync(join(folder, "tls/old/site.key"), "k3y", { mode: 0o644 });
  const contexts = join(folder, ".retrofit");
  const bound = withBinds(["tls"], ["server.pem"], ["data", { readOnly: false, cloud: "disk" }]);
  const all = await registrationsOf(
    () =>
      new Deployment("shop", {
        app: bound,
        images: { web: { reference: pulumi.output("nginx:1.28"), own: false } },
        registry: { host: "127.0.0.1:5050", repository: (name) => `127.0.0.1:5050/${name}`, ready: [] },
        secrets: secretsOf({}),
        contexts,
        project: "shop-1",
        zone: "us-east1-b",
      }),
    { "docker-build:index:Image": () => ({ digest: `sha256:${"1".repeat(64)}` }) },
  );
  const inputs = (name: string) => all.find((each) => each.name === name)?.inputs;
  expect(inputs("shop-bind-tls-image")).toMatchObject({ tags: ["127.0.0.1:5050/bind-tls"] });
  expect(readFileSync(join(contexts, "bind-tls/site.conf"), "utf8")).toBe("listen 443 ssl;\n");
  expect(readFileSync(join(contexts, "bind-tls/old/site.key"), "utf8")).toBe("");
  expect(inputs("shop-secrets-bind-server.pem-version")).toMatchObject({ isSecretDataBase64: true });
  expect(inputs("shop-secrets-bind-tls-old-site.key-version")).toMatchObject({ isSecretDataBase64: true });
  expect(all.map(({ name }) => name)).toContain("shop-data-disk");
});
