import { describe, expect, it } from "vitest";
import { isLocal, parseRegistry } from "../../../components/registries/location.ts";

describe("parseRegistry", () => {
  it.each([
    ["127.0.0.1:5050", { host: "127.0.0.1:5050", path: "" }],
    ["localhost/team", { host: "localhost", path: "team" }],
    ["registry.example", { host: "registry.example", path: "" }],
    ["registry.example:5000/team/web_apps", { host: "registry.example:5000", path: "team/web_apps" }],
    ["docker.io/ada", { host: "docker.io", path: "ada" }],
    ["index.docker.io/ada", { host: "docker.io", path: "ada" }],
    ["gcr.io/shop-1", { host: "gcr.io", path: "shop-1" }],
    ["europe-docker.pkg.dev/shop-1/apps", { host: "europe-docker.pkg.dev", path: "shop-1/apps" }],
    ["1.dkr.ecr.eu-central-1.amazonaws.com", { host: "1.dkr.ecr.eu-central-1.amazonaws.com", path: "" }],
  ])("takes %s", (text, location) => {
    expect(parseRegistry(text)).toEqual(location);
  });

  const grammar = {
    mend: "Leave out scheme, tag and slashes at the end: 127.0.0.1:5050, docker.io/USER or gcr.io/PROJECT",
  };
  it.each([
    ["", { what: '"" is not a host with an optional port and path in lower case', ...grammar }],
    [
      "https://gcr.io/shop-1",
      { what: '"https://gcr.io/shop-1" is not a host with an optional port and path in lower case', ...grammar },
    ],
    [
      "gcr.io/shop-1/",
      { what: '"gcr.io/shop-1/" is not a host with an optional port and path in lower case', ...grammar },
    ],
    [
      "docker.io/ada/shop:v1",
      { what: '"docker.io/ada/shop:v1" is not a host with an optional port and path in lower case', ...grammar },
    ],
    [
      "docker.io/Ada",
      { what: '"docker.io/Ada" is not a host with an optional port and path in lower case', ...grammar },
    ],
    ["ada", { what: '"ada" is not a host', mend: "For the user of Docker Hub, give docker.io/ada" }],
    ["ada/shop", { what: '"ada" is not a host', mend: "For the user of Docker Hub, give docker.io/ada" }],
    ["docker.io", { what: "Docker Hub keeps images under users", mend: "Give docker.io/USER" }],
    ["docker.io/ada/shop", { what: "Docker Hub has no folders below a user", mend: "Give docker.io/ada" }],
    ["gcr.io", { what: "gcr.io keeps images under projects", mend: "Give gcr.io/PROJECT" }],
    ["eu.gcr.io", { what: "eu.gcr.io keeps images under projects", mend: "Give eu.gcr.io/PROJECT" }],
    [
      "us-docker.pkg.dev/shop-1",
      {
        what: "us-docker.pkg.dev keeps images in the repositories of projects",
        mend: "Give us-docker.pkg.dev/shop-1/REPOSITORY",
      },
    ],
  ])("refuses '%s'", (text, mistake) => {
    expect(parseRegistry(text)).toEqual(mistake);
  });
});

it("knows which registries are on this machine", () => {
  const hosts = ["localhost", "localhost:5000", "127.0.0.1:5050", "127.1.2.3"];
  expect(hosts.filter(isLocal)).toEqual(hosts);
  expect(["docker.io", "localhost.example", "10.0.0.1:5000", "127.0.0.1.example"].filter(isLocal)).toEqual([]);
});
