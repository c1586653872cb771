import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Deployment, type DeploymentArgs, endpointsOf } from "../../../components/docker/deployment.ts";
import { app, secretsOf, service, volume } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";
import { read } from "../compose/project.ts";

const computed = {
  "docker:index/remoteImage:RemoteImage": (name: string) => ({ imageId: `sha256:${name}` }),
};

function registered(args: Pick<DeploymentArgs, "app"> & Partial<DeploymentArgs>) {
  const images = Object.fromEntries(
    [...args.app.services.keys()].map((name) => [
      name,
      { reference: pulumi.output(`shop/${name}@sha256:1`), own: name !== "db" },
    ]),
  );
  return registrationsOf(() => new Deployment("shop", { images, secrets: secretsOf({}), ...args }), computed);
}

// Proves the wiring only; order, waiting and replacement are shown by the engine.
describe("Deployment", () => {
  it("makes a network, a volume, and an image and a container a service", async () => {
    const all = await registered({
      app: app(
        [
          service("db", {
            mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: false, noCopy: false }],
          }),
          service("web"),
        ],
        [volume("data")],
      ),
    });
    expect(all.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      "docker:index/container:Container shop-db",
      "docker:index/container:Container shop-web",
      "docker:index/network:Network shop-default-network",
      "docker:index/remoteImage:RemoteImage shop-db-image",
      "docker:index/remoteImage:RemoteImage shop-web-image",
      "docker:index/volume:Volume shop-data-volume",
      "retrofit:docker:Deployment shop",
    ]);
    const inputs = Object.fromEntries(all.map(({ name, inputs }) => [name, inputs]));
    expect(inputs["shop-db-image"]).toMatchObject({ name: "shop/db@sha256:1", keepLocally: true });
    expect(inputs["shop-web-image"]).toMatchObject({ name: "shop/web@sha256:1", keepLocally: false });
    expect(inputs["shop-db"]).toMatchObject({
      image: "sha256:shop-db-image",
      networksAdvanced: [{ name: "shop-default-network", aliases: ["db"] }],
      mounts: [{ type: "volume", source: "shop-data-volume", target: "/data" }],
      labels: [
        { label: "retrofit.image", value: "shop/db@sha256:1" },
        { label: "retrofit.service", value: "db" },
        { label: "retrofit.stack", value: "retrofit/test" },
      ],
    });
  });

  it("uses what exists by name and makes none of it", async () => {
    const shop = app(
      [
        service("web", {
          mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: false, noCopy: false }],
        }),
      ],
      [volume("data", { external: "old-data" })],
    );
    const all = await registered({ app: shop });
    expect(all.filter(({ type }) => type.includes("volume"))).toEqual([]);
    expect(all.find(({ type }) => type.includes("container"))?.inputs.mounts).toMatchObject([{ source: "old-data" }]);
  });

  it("names the volume of an image's content after the image, so that a release brings a new one", async () => {
    const all = await registered({
      app: app(
        [
          service("app1", {
            mounts: [{ kind: "volume", volume: "static", target: "/static", readOnly: false, noCopy: false }],
          }),
          service("nginx", {
            mounts: [{ kind: "volume", volume: "static", target: "/www", readOnly: false, noCopy: false }],
          }),
        ],
        [volume("static", { storage: "image", imageOf: "app1" })],
      ),
    });
    const inputs = Object.fromEntries(all.map(({ name, inputs }) => [name, inputs]));
    expect(inputs["shop-static-volume"]).toMatchObject({
      labels: [{ label: "retrofit.image", value: "shop/app1@sha256:1" }],
    });
    expect(inputs["shop-app1"]).toMatchObject({ mounts: [{ readOnly: false }] });
    expect(inputs["shop-nginx"]).toMatchObject({ mounts: [{ readOnly: true }] });
  });

  it("makes the container that fills a volume before the others of the volume", async () => {
    const shop = `services:
  nginx: { image: "nginx:1.28", volumes: ["static:/www:ro"] }
  web: { image: "python:3.13", volumes: ["static:/app/static"] }
volumes: { static: }
x-retrofit: { volumes: { static: { storage: image } } }
`;
    const all = await registered({ app: await read(shop) });
    expect(all.flatMap(({ type, name }) => (type.endsWith(":Container") ? [name] : []))).toEqual([
      "shop-web",
      "shop-nginx",
    ]);
  });

  it("runs a job again when any image of the release is new", async () => {
    const all = await registered({ app: app([service("migrate", { job: true }), service("web")]) });
    const labels = all.find(({ name }) => name === "shop-migrate")?.inputs.labels;
    expect(labels).toContainEqual({ label: "retrofit.release", value: "shop/migrate@sha256:1 shop/web@sha256:1" });
  });

  it("puts files of a read-only container on a volume, by a container that is never started", async () => {
    const key = {
      name: "key",
      kind: "secret",
      target: "/run/secrets/key",
      content: { secret: ["k3y"] },
      mode: 0o400,
      uid: 101,
    } as const;
    const all = await registered({ app: app([service("web", { readOnly: true, files: [key] })]) });
    const inputs = Object.fromEntries(all.map(({ name, inputs }) => [name, inputs]));
    expect(inputs["shop-web-files"]).toMatchObject({
      image: "sha256:shop-web-image",
      start: false,
      mounts: [{ type: "volume", source: "shop-web-run-secrets", target: "/run/secrets" }],
      // Wrapped: the whole list is a secret.
      uploads: { value: [{ file: "/run/secrets/key", content: "k3y", permissions: "0400", owner: "101" }] },
    });
    expect(inputs["shop-web"]).toMatchObject({
      mounts: [{ type: "volume", source: "shop-web-run-secrets", target: "/run/secrets", readOnly: true }],
    });
    expect(inputs["shop-web"]).not.toHaveProperty("uploads");
    expect(inputs["shop-web"]?.labels).toContainEqual({ label: "retrofit.files", value: "shop-web-files-id" });
  });

  it("gives files to a container that can take them itself", async () => {
    const config = { name: "motd", kind: "config", target: "/etc/motd", content: "hello", mode: 0o444 } as const;
    const all = await registered({ app: app([service("web", { files: [config] })]) });
    expect(all.find(({ name }) => name === "shop-web")?.inputs).toMatchObject({
      uploads: [{ file: "/etc/motd", content: "hello", permissions: "0444" }],
    });
  });
});

describe("endpointsOf", () => {
  const ports = ["0.0.0.0", "::", "127.0.0.1", "10.0.0.5", undefined].map((hostIp, index) => ({
    target: 80,
    published: 8000 + index,
    protocol: "tcp" as const,
    ...(hostIp === undefined ? {} : { hostIp }),
  }));
  const shop = app([
    service("web", {
      ports: [...ports, { target: 53, published: 53, protocol: "udp" }, { target: 81, protocol: "tcp" }],
    }),
  ]);
  const seen = (host?: string) =>
    endpointsOf(shop, "127.0.0.2", host).map(({ host, elsewhere }) => `${host}${elsewhere ? " elsewhere" : ""}`);

  it.each([undefined, "unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "tcp://localhost:2375", "nonsense"])(
    "are this machine's where the engine is its own: %s",
    (host) => {
      expect(seen(host)).toEqual(["127.0.0.1", "::1", "127.0.0.1", "10.0.0.5", "127.0.0.2"]);
    },
  );

  it.each([
    ["ssh://me@shop.example:2222", "shop.example"],
    ["tcp://192.0.2.7:2376", "192.0.2.7"],
    ["ssh://me@[2001:db8::7]", "2001:db8::7"],
  ])("have the name of the engine's machine, and nobody here asks what that tells only itself: %s", (host, machine) => {
    expect(seen(host)).toEqual([machine, machine, "127.0.0.1 elsewhere", "10.0.0.5", "127.0.0.2 elsewhere"]);
  });
});
