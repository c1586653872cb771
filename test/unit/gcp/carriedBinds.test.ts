import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readBinds } from "../../../components/carriedBinds.ts";
import { checkedBinds } from "../../../components/gcp/checks.ts";
import { Deployment } from "../../../components/gcp/deployment.ts";
import type { App, Mount } from "../../../compose/model.ts";
import { app, secretsOf, service } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "binds-"));
  mkdirSync(join(folder, "html"));
  writeFileSync(join(folder, "html/index.html"), "<p>\n".repeat(1 << 15), { mode: 0o644 });
  writeFileSync(join(folder, "html/backup"), Buffer.alloc((1 << 16) + 1), { mode: 0o600 });
  writeFileSync(join(folder, "nginx.conf"), "events {}\n", { mode: 0o644 });
  writeFileSync(join(folder, "start.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "cert.pem"), "-----BEGIN CERTIFICATE-----\n", { mode: 0o644 });
  writeFileSync(join(folder, "server.pem"), "-----BEGIN EC PRIVATE KEY-----\n", { mode: 0o644 });
  writeFileSync(join(folder, ".env"), "PASSWORD=hunter2\n", { mode: 0o644 });
  writeFileSync(join(folder, "html/.env.local"), "PASSWORD=hunter2\n", { mode: 0o644 });
  writeFileSync(join(folder, "html/prod.env"), "PASSWORD=hunter2\n", { mode: 0o644 });
  writeFileSync(join(folder, "html/.env.empty"), "", { mode: 0o644 });
  writeFileSync(join(folder, "html/.env.example"), "PASSWORD=\n", { mode: 0o644 });
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

it("carries private keys, files of variables and what only its owner reads as secrets, and of folders those in them", () => {
  const dropped = ["logs", { readOnly: false, cloud: "drop" }] as const;
  const binds = readBinds(
    withBinds(["nginx.conf"], ["start.sh"], ["cert.pem"], ["server.pem"], [".env"], ["token"], ["html"], [...dropped]),
  );
  const seen = [...binds].map(([path, bind]) => [
    path.slice(folder.length + 1),
    ...(bind.kind === "file" ? [bind.file.secret, bind.file.mode.toString(8)] : [[...bind.secrets.keys()]]),
  ]);
  expect(seen).toEqual([
    ["nginx.conf", false, "444"],
    ["start.sh", false, "555"],
    ["cert.pem", false, "444"],
    ["server.pem", true, "444"],
    [".env", true, "444"],
    ["token", true, "444"],
    ["html", [".env.local", "backup"]],
  ]);
});

it("refuses two that would be one on the cloud", () => {
  for (const name of ["web", "conf.d", "conf_d"]) mkdirSync(join(folder, name));
  for (const name of ["web/site.key", "web-site.key"]) writeFileSync(join(folder, name), "k3y", { mode: 0o644 });
  for (const name of ["web/site.conf", "web-site.conf"]) writeFileSync(join(folder, name), "", { mode: 0o644 });
  const check = (...names: string[]) =>
    checkedBinds("shop", { app: withBinds(...names.map((name): [string] => [name])), zone: "us-east1-b" });
  const said = (first: string, second: string, name: string) =>
    `binds ${folder}/${first} and ${folder}/${second}, which would both be ${name}. Rename one of them.`;
  expect(() => check("web/site.key", "web-site.key", "web")).toThrow(
    said("web/site.key", "web-site.key", "bind-web-site.key"),
  );
  expect(() => check("conf.d", "conf_d")).toThrow(said("conf.d", "conf_d", "bind-conf-d"));
  expect(() => check("web/site.conf", "web-site.conf")).not.toThrow();
});

it("refuses what looks like a secret and is larger than Secret Manager keeps", () => {
  expect(() => checkedBinds("shop", { app: withBinds(["html"]), zone: "us-east1-b" })).toThrow(
    `${folder}/html/backup: it looks like a secret, and is longer than the 64 KiB that Secret Manager keeps. ` +
      "Make it readable for others if it is none, or leave the mount out.",
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
