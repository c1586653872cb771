import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AppImages, type AppImagesArgs } from "../../../components/appImages.ts";
import { localRegistry } from "../../../components/registries/local.ts";
import { app, build, secretsOf, service } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";

const computed = { "docker-build:index:Image": (name: string) => ({ digest: `sha256:${name}` }) };
const secrets = secretsOf({ TOKEN: "s3cret" });

async function made(args: Pick<AppImagesArgs, "app" | "pinned" | "tag">) {
  const references: Record<string, string> = {};
  const registrations = await registrationsOf(async () => {
    const { images } = new AppImages("shop", {
      ...args,
      registry: localRegistry("127.0.0.1:5050", "shop-dev"),
      secrets,
    });
    for (const [name, { reference }] of Object.entries(images)) reference.apply((value) => (references[name] = value));
  }, computed);
  const images = registrations.filter(({ type }) => type === "docker-build:index:Image");
  const tagging = (name: string) => name.endsWith("-tags");
  return {
    references,
    builds: images.filter(({ name }) => !tagging(name)),
    tagged: images.filter(({ name }) => tagging(name)),
  };
}

// Proves the wiring only: that BuildKit builds and the registry takes it is shown end to end.
describe("AppImages", () => {
  it("builds once what several services share, and refers to it by digest", async () => {
    const shared = build("/srv/shop");
    const { references, builds } = await made({
      app: app([
        service("worker", { image: { kind: "build", build: shared } }),
        service("app", { image: { kind: "build", build: shared } }),
      ]),
    });

    expect(builds).toEqual([
      {
        type: "docker-build:index:Image",
        name: "shop-app-image",
        inputs: {
          context: { location: "/srv/shop", named: {} },
          dockerfile: { location: "/srv/shop/Dockerfile" },
          buildArgs: {},
          labels: {},
          network: "default",
          platforms: [],
          tags: ["127.0.0.1:5050/shop-dev/app"],
          push: false,
          exports: [{ registry: { ociMediaTypes: true, pushByDigest: true } }],
          registries: [],
          buildOnPreview: false,
        },
      },
    ]);
    const reference = "127.0.0.1:5050/shop-dev/app@sha256:shop-app-image";
    expect(references).toEqual({ app: reference, worker: reference });
  });

  it.each([
    ["its digest", undefined, "shop-app-ima"],
    ["the configuration", "v1.2", "v1.2"],
  ])("tags what was pushed by %s, and `latest` after that", async (_, tag, expected) => {
    const shop = app([service("app", { image: { kind: "build", build: build("/srv/shop") } })]);
    const { tagged } = await made({ app: shop, tag });
    expect(tagged.map(({ name, inputs }) => ({ name, ...inputs }))).toEqual([
      {
        name: "shop-app-tags",
        context: {
          location: "-",
          named: { pushed: { location: "docker-image://127.0.0.1:5050/shop-dev/app@sha256:shop-app-image" } },
        },
        dockerfile: { inline: "FROM pushed\n" },
        network: "default",
        platforms: [],
        tags: [`127.0.0.1:5050/shop-dev/app:${expected}`, "127.0.0.1:5050/shop-dev/app:latest"],
        push: false,
        exports: [{ registry: { ociMediaTypes: true } }],
        registries: [],
        buildOnPreview: false,
      },
    ]);
  });

  it("gives an image that extends another the other by digest", async () => {
    const { builds } = await made({
      app: app([
        service("app1", {
          image: {
            kind: "build",
            build: build("/srv/app1", { additionalContexts: { "flask-uwsgi": "service:base" } }),
          },
        }),
        service("base", { image: { kind: "build", build: build("/srv/base") } }),
      ]),
    });
    expect(builds.map(({ name, inputs }) => [name, inputs.context])).toEqual([
      ["shop-base-image", { location: "/srv/base", named: {} }],
      [
        "shop-app1-image",
        {
          location: "/srv/app1",
          named: { "flask-uwsgi": { location: "docker-image://127.0.0.1:5050/shop-dev/base@sha256:shop-base-image" } },
        },
      ],
    ]);
  });

  it("names what is part of the checkout by its place there, so that another checkout of the same is no change", async () => {
    const here = (folder: string) => join(process.cwd(), folder);
    const shop = build(here("docker/shop"), {
      additionalContexts: { shared: here("docker/shared"), away: "/srv/away", remote: "https://example.com/a.git" },
    });
    const { builds } = await made({ app: app([service("app", { image: { kind: "build", build: shop } })]) });
    expect(builds.map(({ inputs }) => [inputs.context, inputs.dockerfile])).toEqual([
      [
        {
          location: "./docker/shop",
          named: {
            shared: { location: "./docker/shared" },
            away: { location: "/srv/away" },
            remote: { location: "https://example.com/a.git" },
          },
        },
        { location: "./docker/shop/Dockerfile" },
      ],
    ]);
  });

  it("builds what is only there to be extended", async () => {
    const app1 = service("app1", {
      image: { kind: "build", build: build("/srv/app1", { additionalContexts: { base: "service:base" } }) },
    });
    const { builds, references } = await made({
      app: { ...app([app1]), builds: new Map([["base", build("/srv/base")]]) },
    });
    expect(builds.map(({ name }) => name)).toEqual(["shop-base-image", "shop-app1-image"]);
    expect(Object.keys(references)).toEqual(["app1"]);
  });

  it("runs what another service builds where the names are the same", async () => {
    const { references, builds } = await made({
      app: app([
        service("app", { image: { kind: "build", build: build("/srv/shop"), reference: "shop:v1" } }),
        service("worker", { image: { kind: "registry", reference: "shop:v1" } }),
        service("redis", { image: { kind: "registry", reference: "redis:8" } }),
      ]),
    });
    expect(builds).toHaveLength(1);
    expect(references.worker).toBe(references.app);
    expect(references.redis).toBe("redis:8");
  });

  it("builds nothing for a service whose image is pinned", async () => {
    const { references, builds } = await made({
      app: app([service("app", { image: { kind: "build", build: build("/srv/shop") } })]),
      pinned: { app: "127.0.0.1:5050/shop-dev/app@sha256:before" },
    });
    expect(builds).toEqual([]);
    expect(references).toEqual({ app: "127.0.0.1:5050/shop-dev/app@sha256:before" });
  });

  it("refuses a pin for a service that is not there", async () => {
    await expect(made({ app: app([service("app")]), pinned: { web: "x", api: "y" } })).rejects.toThrow(
      "retrofit:images.web: /srv/shop/compose.yaml has no such service. Give one of: app.\n" +
        "retrofit:images.api: /srv/shop/compose.yaml has no such service. Give one of: app.",
    );
  });

  it("refuses a secret build argument, which the image would show", async () => {
    const secret = build("/srv/shop", { args: { TOKEN: { secret: [{ name: "TOKEN" }] } } });
    await expect(made({ app: app([service("app", { image: { kind: "build", build: secret } })]) })).rejects.toThrow(
      "/srv/shop/Dockerfile: build argument TOKEN of shop-app: its value is secret, and build arguments can be read from " +
        "the image's history. Hand it over under build.secrets and mount it in the RUN step that needs it.",
    );
  });
});
