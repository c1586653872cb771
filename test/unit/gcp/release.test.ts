import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Files } from "../../../components/gcp/archive.ts";
import { kindOf } from "../../../components/gcp/placement.ts";
import { type ReleaseInputs, releaseFiles } from "../../../components/gcp/release.ts";
import { releaseDocument } from "../../../components/gcp/releaseDocument.ts";
import { userData } from "../../../components/gcp/userData.ts";
import type { App, Mount } from "../../../compose/model.ts";
import { app, service, volume } from "../../support/app.ts";
import { shop } from "./sampleApp.ts";

const image = (name: string) => `gcr.io/shop-1/shop-dev/${name}@sha256:${"1".repeat(64)}`;
const inputs: ReleaseInputs = {
  images: { db: "postgres:17", migrate: image("web"), web: image("web"), nginx: image("nginx") },
  secrets: {
    "db-POSTGRES_PASSWORD": "projects/shop-1/secrets/db/versions/1",
    "web-URL": "projects/shop-1/secrets/url/versions/2",
    "secret-key": "projects/shop-1/secrets/key/versions/3",
    "login-0": "projects/shop-1/secrets/login/versions/1",
  },
  folders: {},
  binds: new Map(),
  buckets: {
    uploads: { image: image("gcsfuse"), bucket: "shop-1-storage", uid: 900, gid: 900, fileMode: 0o640, dirMode: 0o750 },
  },
  registries: ["gcr.io"],
  logins: [{ host: "docker.io", user: "shop", secret: "projects/shop-1/secrets/login/versions/1" }],
  timeout: 300,
  attempt: 1,
};

/** All but the scripts, which are the same for every app, one after another. */
function rendered(files: Files): string {
  return [...files]
    .filter(([path]) => path !== "deploy" && path !== "container")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => `=== ${path}\n${content}`)
    .join("\n");
}

it("renders an app for the VM", async () => {
  await expect(rendered(releaseFiles(shop, inputs))).toMatchFileSnapshot("../../goldens/gcp/release.txt");
});

it("renders user-data that no app and no release changes", async () => {
  await expect(userData()).toMatchFileSnapshot("../../goldens/gcp/userData.yaml");
});

it("unpacks on the VM to what was rendered, and is the same document each time", async () => {
  const files = releaseFiles(shop, inputs);
  const document = await releaseDocument(files);
  expect(await releaseDocument(new Map([...files].reverse()))).toEqual(document);

  const [id, ...rest] = document.text.split("\n");
  expect(id).toBe(document.id);
  expect(id).toMatch(/^[0-9a-f]{12}$/);
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  try {
    execFileSync("bash", ["-c", 'base64 -d | tar -xzf - -C "$1"', "unpack", folder], { input: rest.join("\n") });
    for (const [path, content] of files) expect(readFileSync(join(folder, path), "utf8")).toBe(`${content}`);
    expect(readdirSync(join(folder, "services")).sort()).toEqual(["bucket.uploads", "db", "migrate", "nginx", "web"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("is another release with another digest, and leaves what runs in place as it is", async () => {
  const files = releaseFiles(shop, inputs);
  const next = releaseFiles(shop, { ...inputs, images: { ...inputs.images, web: image("web").replaceAll("1", "2") } });
  expect((await releaseDocument(next)).id).not.toBe((await releaseDocument(files)).id);
  const definition = (all: Files, name: string) => all.get(`services/${name}/definition`);
  expect(definition(next, "db")).toBe(definition(files, "db"));
  expect(definition(next, "bucket.uploads")).toBe(definition(files, "bucket.uploads"));
  expect(definition(next, "web")).not.toBe(definition(files, "web"));
});

it("gives a bucket to the first service that writes to it, as the user as whom that runs", () => {
  const writes = (readOnly: boolean) => ({ mounts: [mount("uploads", readOnly)] });
  const services = [service("nginx", writes(true)), service("web", { ...writes(false), user: "app" })];
  const whole = app(services, [volume("uploads", { storage: "bucket" })]);
  const of = (owner: { uid?: number; gid?: number }) => {
    const uploads = { image: image("gcsfuse"), bucket: "shop-1-storage", ...owner };
    const files = releaseFiles(whole, { ...inputs, buckets: { uploads } });
    const { Cmd } = JSON.parse(`${files.get("services/bucket.uploads/container.json")}`);
    return [files.get("services/bucket.uploads/owner"), ...Cmd.filter((each: string) => /^--[ug]id/.test(each))];
  };
  expect(of({})).toEqual(["web app\n", "--uid={{retrofit:uid}}", "--gid={{retrofit:gid}}"]);
  expect(of({ uid: 900 })).toEqual(["web app\n", "--uid=900", "--gid={{retrofit:gid}}"]);
  expect(of({ uid: 900, gid: 900 })).toEqual(["", "--uid=900", "--gid=900"]);
});

it("holds no secret: only names of secrets", () => {
  const text = rendered(releaseFiles(shop, inputs));
  expect(text).not.toContain("k3y");
  expect(text).not.toContain("postgres://");
});

it("refuses a document that is too long for a metadata value, and says what is long", async () => {
  const files = new Map([["services/web/file-0", incompressible(300_000)]]);
  await expect(releaseDocument(files)).rejects.toThrow(
    /a metadata value holds 262144; most of it is services\/web\/file-0\. Put large configs/,
  );
});

it.each<[string, Parameters<typeof kindOf>]>([
  ["beside", of({})],
  ["beside", of({ mounts: [mount("data", true)] })],
  ["beside", of({ mounts: [mount("uploads")] })],
  ["beside", of({ mounts: [mount("static")] })],
  ["inPlace", of({ mounts: [mount("data")] })],
  ["inPlace", of({ networkMode: "host" })],
  ["inPlace", of({ networks: new Map([["fixed", { aliases: [] }]]) })],
  ["inPlace", of({ mounts: [bind("disk")] })],
  ["beside", of({ mounts: [bind("drop")] })],
  ["job", of({ job: true, mounts: [mount("data")] })],
])("starts a service %s: %#", (kind, args) => {
  expect(kindOf(...args)).toBe(kind);
});

function of(more: Parameters<typeof service>[1]): [App, ReturnType<typeof service>] {
  const web = service("web", more);
  const whole = app(
    [web],
    [volume("data"), volume("uploads", { storage: "bucket" }), volume("static", { storage: "image", imageOf: "web" })],
  );
  const fixed = { name: "fixed", internal: false, driverOpts: {}, labels: {}, subnets: [{ subnet: "10.9.0.0/24" }] };
  return [{ ...whole, networks: new Map([...whole.networks, ["fixed", fixed]]) }, web];
}

function mount(name: string, readOnly = false) {
  return { kind: "volume", volume: name, target: `/${name}`, readOnly, noCopy: false } as const;
}

function bind(cloud: "disk" | "drop") {
  return {
    kind: "bind",
    source: "/srv/shop/logs",
    target: "/logs",
    readOnly: false,
    createHostPath: true,
    cloud,
  } as const;
}

/** Bytes that cannot be compressed, the same each time. */
function incompressible(length: number): Buffer {
  return Buffer.concat(
    Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash("sha256").update(`${index}`).digest()),
  );
}

it("mounts a bound folder as a volume that its image fills, and its secrets over what is there", () => {
  const bind: Mount = {
    kind: "bind",
    source: "/srv/tls",
    target: "/etc/nginx/tls",
    readOnly: true,
    createHostPath: false,
  };
  const web = app([service("web", { mounts: [bind] })]);
  const key = { content: Buffer.from("k3y"), secret: true, mode: 0o444 };
  const files = releaseFiles(
    { ...web, file: "/srv/compose.yaml" },
    {
      ...inputs,
      secrets: { "bind-tls-site.key": "projects/1/secrets/key/versions/1" },
      folders: { "/srv/tls": "gcr.io/shop-1/bind-tls@sha256:1" },
      binds: new Map([["/srv/tls", { kind: "folder", secrets: new Map([["site.key", key]]) }]]),
    },
  );
  const [volume, image] = String(files.get("folders")).trim().split(" ");
  expect(image).toBe("gcr.io/shop-1/bind-tls@sha256:1");
  expect(files.get("imageVolumes")).toBe(`${volume}\n`);
  const { HostConfig } = JSON.parse(String(files.get("services/web/container.json")));
  expect(HostConfig.Mounts).toEqual([
    { Type: "volume", Source: volume, Target: "/etc/nginx/tls", ReadOnly: true, VolumeOptions: { NoCopy: true } },
    expect.objectContaining({ Type: "bind", Target: "/etc/nginx/tls/site.key", ReadOnly: true }),
  ]);
  expect(files.get("services/web/files")).toBe("0 0 0 444 projects/1/secrets/key/versions/1\n");
});

it("leaves a folder out as a volume that goes with the container, and a single file without a trace: no volume is a file", () => {
  const dropped = (source: string, target: string): Mount => ({
    kind: "bind",
    source,
    target,
    readOnly: false,
    createHostPath: true,
    cloud: "drop",
  });
  const mounts = [
    dropped(import.meta.dirname, "/var/log/nginx"),
    dropped("/nowhere", "/var/cache"),
    dropped(import.meta.filename, "/etc/nginx/site.key"),
  ];
  const files = releaseFiles(app([service("web", { mounts })]), inputs);
  const { HostConfig } = JSON.parse(String(files.get("services/web/container.json")));
  expect(HostConfig.Mounts).toEqual([
    { Type: "volume", Target: "/var/log/nginx" },
    { Type: "volume", Target: "/var/cache" },
  ]);
});
