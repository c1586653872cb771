import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathComponent } from "../../../components/registries/repositoryName.ts";
import { registryAt } from "../../../components/registries/select.ts";
import { app, build, service } from "../../support/app.ts";

const web = service("web", { image: { kind: "build", build: build("/srv/web") } });
const worker = service("worker", { image: { kind: "build", build: build("/srv/web") } });
const nginx = service("nginx", { image: { kind: "build", build: build("/srv/nginx") } });
const one = app([web, worker, service("db")]);
const two = app([web, nginx, service("db")]);

describe("registryAt", () => {
  it.each([
    ["a host", { host: "127.0.0.1:5050", path: "" }, "127.0.0.1:5050/shop-dev/web", "127.0.0.1:5050/shop-dev/web"],
    ["Docker Hub", { host: "docker.io", path: "ada" }, "docker.io/ada/shop", "docker.io/ada/shop-web"],
    ["gcr.io", { host: "gcr.io", path: "shop-1" }, "gcr.io/shop-1/shop", "gcr.io/shop-1/shop-web"],
    ["a team", { host: "r.example:5000", path: "a/b" }, "r.example:5000/a/b/shop", "r.example:5000/a/b/shop-web"],
  ])("names repositories at %s by app, and service where there are several", (_, location, ofOne, ofTwo) => {
    expect(registryAt(location, one, "dev").repository("web")).toBe(ofOne);
    expect(registryAt(location, two, "dev").repository("web")).toBe(ofTwo);
  });

  it("counts what is built only to be extended", () => {
    const shop = { ...app([web]), builds: new Map([["base", build("/srv/base")]]) };
    expect(registryAt({ host: "gcr.io", path: "p" }, shop, "dev").repository("base")).toBe("gcr.io/p/shop-base");
  });

  it("takes names that registries would not", () => {
    const { repository } = registryAt({ host: "r.example", path: "" }, one, "Feature_.X");
    expect(repository("Web..Front-")).toBe("r.example/shop-feature-x/web-front");
  });
});

it("makes a valid component of any name of a service", () => {
  const names = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/);
  fc.assert(
    fc.property(names, (name) => {
      expect(pathComponent(name)).toMatch(/^[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*$/);
      expect(pathComponent(pathComponent(name))).toBe(pathComponent(name));
    }),
  );
});
