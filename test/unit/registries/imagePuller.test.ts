import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { imagePuller } from "../../../components/docker/imagePuller.ts";
import type { RegistryLocation } from "../../../components/registries/location.ts";
import type { Login, RegistryCredentials } from "../../../components/registries/registry.ts";
import { registryAt } from "../../../components/registries/select.ts";
import { app, service } from "../../support/app.ts";
import { registrationsOf } from "../../support/recorder.ts";

afterEach(() => vi.unstubAllEnvs());

/** What it registered the logins with; undefined without a provider. */
async function logins(
  location: RegistryLocation,
  login?: Login,
  config: Record<string, string> = {},
  others: readonly RegistryCredentials[] = [],
) {
  vi.stubEnv("DOCKER_HOST", "");
  const registered = await registrationsOf(() => {
    pulumi.runtime.setAllConfig(config, Object.keys(config));
    const registry = registryAt(location, app([service("web")]), "dev", login);
    imagePuller("shop-puller", { ...registry, logins: others }, {});
  });
  pulumi.runtime.setAllConfig({});
  const inputs = registered.find(({ name }) => name === "shop-puller")?.inputs as Record<string, unknown> | undefined;
  const auth = inputs?.registryAuth as string | { value: string } | undefined;
  return { inputs, auth: auth && JSON.parse(typeof auth === "string" ? auth : auth.value) };
}

const hub = { host: "docker.io", path: "ada" };
const login = () => ({ username: "ada", password: pulumi.secret("p1") });

describe("imagePuller", () => {
  it("hands the login over under every name of the registry, as a secret", async () => {
    const { inputs, auth } = await logins(hub, login());
    expect(auth).toEqual([
      { address: "docker.io", username: "ada", password: "p1" },
      { address: "registry.hub.docker.com", username: "ada", password: "p1" },
    ]);
    // As the engine marks a secret.
    expect(inputs?.registryAuth).toMatchObject({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    });
  });

  it("keeps what the stack has configured of the engine and of other registries", async () => {
    const others = [{ address: "r.example", username: "bob", password: "p2" }];
    const config = { "docker:host": "tcp://10.0.0.1:2375", "docker:registryAuth": JSON.stringify(others) };
    const { inputs, auth } = await logins({ host: "gcr.io", path: "p" }, login(), config);
    expect(inputs?.host).toBe("tcp://10.0.0.1:2375");
    expect(auth).toEqual([...others, { address: "gcr.io", username: "ada", password: "p1" }]);
  });

  it("points to Docker's own login, where there is one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "retrofit-login-"));
    vi.stubEnv("DOCKER_CONFIG", folder);
    // The provider stays the same when there is a login later: another would replace the images that containers use.
    expect((await logins(hub)).auth).toEqual([]);
    await writeFile(join(folder, "config.json"), "{}");
    const configFile = join(folder, "config.json");
    expect((await logins(hub)).auth).toEqual([
      { address: "docker.io", configFile },
      { address: "registry.hub.docker.com", configFile },
    ]);
    await rm(folder, { recursive: true });
  });

  it("is not needed for the registry on this machine, unless there are logins for others", async () => {
    const local = { host: "127.0.0.1:5050", path: "" };
    expect((await logins(local)).inputs).toBeUndefined();
    const { auth } = await logins(local, undefined, {}, [{ address: "docker.io", ...login() }]);
    expect(auth).toContainEqual({ address: "registry.hub.docker.com", username: "ada", password: "p1" });
  });
});
