import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { read, root } from "./stack.ts";

const app = { "retrofit:app": "flask-upload-demo/nginx" };

function messageOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
}

describe("readConfig", () => {
  it("fills in what is not said", () => {
    expect(read(app)).toMatchObject({
      target: "docker",
      app: join(root, "docker/flask-upload-demo/nginx"),
      environment: {},
      secretNames: [],
      docker: { bind: "127.0.0.1", keepVolumes: false },
      registry: { location: undefined, login: undefined, tag: undefined },
      builder: undefined,
      images: {},
      release: undefined,
      embedded: false,
      mirror: undefined,
      timeout: undefined,
      extension: { services: {}, volumes: {}, expose: [] },
    });
  });

  it("knows the stand-ins of this machine, whether or not it was told", async () => {
    const cache = await mkdtemp(join(tmpdir(), "retrofit-cache-"));
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(cache, { recursive: true });
    });
    vi.stubEnv("RETROFIT_STAND_INS", undefined);
    vi.stubEnv("RETROFIT_CACHE", cache);
    expect(read(app).standIns).toEqual([]);
    await mkdir(join(cache, "run"));
    const stamp = { official: false, standIns: { "nginx:1.28": {} } };
    await writeFile(join(cache, "run", "baseImages.json"), JSON.stringify(stamp));
    expect(read(app).standIns).toEqual(["nginx:1.28"]);
    vi.stubEnv("RETROFIT_STAND_INS", "redis:8,postgres:17");
    expect(read(app).standIns).toEqual(["redis:8", "postgres:17"]);
  });

  it("takes any folder or compose file, by path", () => {
    expect(read({ "retrofit:app": "docker/flask-upload-demo/basic/compose.yaml" }).app).toBe(
      join(root, "docker/flask-upload-demo/basic/compose.yaml"),
    );
    expect(read({ "retrofit:app": root }).app).toBe(root);
  });

  it("takes numbers and booleans of the environment as text", () => {
    const values = { "retrofit:environment": '{"HTTP_PORT":8090,"DEBUG":true,"NAME":"x"}' };
    expect(read({ ...app, ...values }).environment).toEqual({ HTTP_PORT: "8090", DEBUG: "true", NAME: "x" });
  });

  it("keeps every variable secret that was set with --secret, wherever it was put", async () => {
    const values = { "retrofit:environment": '{"PASSWORD":"p1"}', "retrofit:secrets": '{"TOKEN":"t1"}' };
    const config = read({ ...app, ...values }, ["retrofit:environment", "retrofit:secrets"]);
    expect(config.environment).toEqual({});
    expect(config.secretNames).toEqual(["TOKEN", "PASSWORD"]);
    expect(await pulumi.isSecret(config.secrets)).toBe(true);
    expect(await new Promise((resolve) => config.secrets.apply(resolve))).toEqual({ PASSWORD: "p1", TOKEN: "t1" });
  });

  it("keeps the variables of services secret where one was set with --secret", () => {
    const services = {
      web: { job: false, environment: { KEY: "k1", PORT: 80, DEBUG: true, EMPTY: "", ODD: [1] } },
      db: null,
    };
    const values = { ...app, "retrofit:services": JSON.stringify(services) };
    const secret = (text: string) => ({ secret: [text] });
    expect(read(values, ["retrofit:services"]).extension.services).toEqual({
      web: {
        job: false,
        environment: { KEY: secret("k1"), PORT: secret("80"), DEBUG: secret("true"), EMPTY: "", ODD: [1] },
      },
      db: null,
    });
    expect(read(values).extension.services).toEqual(services);
  });

  it("takes a login for the registry, its password a secret, and a tag", async () => {
    const values = {
      "retrofit:registry": "docker.io/ada",
      "retrofit:registryUsername": "ada",
      "retrofit:registryPassword": "p1",
      "retrofit:tag": "v1.2",
    };
    const config = read({ ...app, ...values }, ["retrofit:registryPassword"]);
    expect(config.registry).toMatchObject({
      location: { host: "docker.io", path: "ada" },
      login: { username: "ada" },
      tag: "v1.2",
    });
    const password = config.registry.login?.password as pulumi.Output<string>;
    expect(await pulumi.isSecret(password)).toBe(true);
    expect(await new Promise((resolve) => password.apply(resolve))).toBe("p1");
  });

  it("takes a login without a password for a mistake, and one that is there to be read", () => {
    expect(messageOf(() => read({ ...app, "retrofit:registryUsername": "ada" }))).toBe(
      "Pulumi.test.yaml: retrofit:registryPassword: the user has no password. Set it: pulumi config set --secret retrofit:registryPassword.",
    );
    const secret = { ...app, "retrofit:registryPassword": "p1" };
    expect(messageOf(() => read(secret, ["retrofit:registryPassword"]))).toBe(
      "Pulumi.test.yaml: retrofit:registryUsername: the password has no user. Set it: pulumi config set retrofit:registryUsername USER.",
    );
    expect(messageOf(() => read({ ...secret, "retrofit:registryUsername": "ada" }))).toBe(
      "Pulumi.test.yaml: retrofit:registryPassword: the password is kept in plain text. Change it, and set it by: pulumi config set --secret retrofit:registryPassword.",
    );
  });

  it("takes logins for further registries, in the order of their hosts, their passwords secret", async () => {
    const logins = {
      "ghcr.io": { username: "ada", password: "p2" },
      "index.docker.io": { username: "acme", password: "p1" },
    };
    const config = read({ ...app, "retrofit:logins": JSON.stringify(logins) }, ["retrofit:logins"]);
    expect(config.registry.logins).toMatchObject([
      { address: "ghcr.io", username: "ada" },
      { address: "docker.io", username: "acme" },
    ]);
    const passwords = config.registry.logins.map(({ password }) => password as pulumi.Output<string>);
    expect(await Promise.all(passwords.map((each) => pulumi.isSecret(each)))).toEqual([true, true]);
    expect(await Promise.all(passwords.map((each) => new Promise((resolve) => each.apply(resolve))))).toEqual([
      "p2",
      "p1",
    ]);
  });

  it("shows all that is wrong with them", () => {
    const values = {
      ...app,
      "retrofit:registry": "docker.io/ada",
      "retrofit:registryUsername": "ada",
      "retrofit:registryPassword": "p0",
    };
    const refused = (logins: object, keys: string[], ...problems: string[]) =>
      expect(
        messageOf(() =>
          read({ ...values, "retrofit:logins": JSON.stringify(logins) }, [...keys, "retrofit:registryPassword"]),
        ),
      ).toBe(problems.map((problem) => `Pulumi.test.yaml: retrofit:logins${problem}`).join("\n"));
    const login = { username: "ada", password: "p1" };
    refused(
      { "https://ghcr.io": login, acme: "p", "docker.io": login },
      ["retrofit:logins"],
      '["acme"]: "acme" is not the host of a registry. Give one such as docker.io or ghcr.io.',
      `["acme"].username: no user is named. Set it: pulumi config set --path 'retrofit:logins["acme"].username' USER.`,
      `["acme"].password: the user has no password. Set it: pulumi config set --path --secret 'retrofit:logins["acme"].password'.`,
      '["docker.io"]: retrofit:registryUsername logs in to it, too. Keep one of the two.',
      '["https://ghcr.io"]: "https://ghcr.io" is not the host of a registry. Give one such as docker.io or ghcr.io.',
    );
    refused(
      { "ghcr.io": login },
      [],
      `["ghcr.io"].password: the password is kept in plain text. Change it, and set it by: pulumi config set --path --secret 'retrofit:logins["ghcr.io"].password'.`,
    );
  });

  it.each<[string, Record<string, string>, string]>([
    [
      "no app",
      {},
      "Pulumi.test.yaml: retrofit:app: no app is named. Give a folder under docker/, or the path of a folder or compose file.",
    ],
    [
      "a missing app",
      { "retrofit:app": "flask-upload-demo/apache" },
      'Pulumi.test.yaml: retrofit:app: there is no "flask-upload-demo/apache". Give a folder under docker/, or the path of a folder or compose file.',
    ],
    [
      "an unknown target",
      { "retrofit:target": "azure" },
      'Pulumi.test.yaml: retrofit:target: "azure" is not a target. Give one of: docker, gcp, aws.',
    ],
    [
      "an address that is none",
      { "retrofit:bind": "localhost" },
      'Pulumi.test.yaml: retrofit:bind: "localhost" is not an IP address. Give one of this machine\'s, such as 127.0.0.1 or 0.0.0.0.',
    ],
    [
      "a registry with a scheme",
      { "retrofit:registry": "http://127.0.0.1:5050" },
      'Pulumi.test.yaml: retrofit:registry: "http://127.0.0.1:5050" is not a host with an optional port and path in lower case. Leave out scheme, tag and slashes at the end: 127.0.0.1:5050, docker.io/USER or gcr.io/PROJECT.',
    ],
    [
      "a user of Docker Hub alone",
      { "retrofit:registry": "ada" },
      'Pulumi.test.yaml: retrofit:registry: "ada" is not a host. For the user of Docker Hub, give docker.io/ada.',
    ],
    [
      "a tag that moves",
      { "retrofit:tag": "latest" },
      'Pulumi.test.yaml: retrofit:tag: "latest" moves by itself. Give one that tells this release from others.',
    ],
    [
      "a tag that is none",
      { "retrofit:tag": "release 1" },
      'Pulumi.test.yaml: retrofit:tag: "release 1" is not a tag. Give up to 128 letters, digits, dots, dashes and underscores.',
    ],
    [
      "a time-out in words",
      { "retrofit:timeout": "soon" },
      "Pulumi.test.yaml: retrofit:timeout: soon is not a whole number of seconds from 0 upwards. Give at least 0.",
    ],
    [
      "keepVolumes that is no boolean",
      { "retrofit:keepVolumes": "maybe" },
      "Pulumi.test.yaml: retrofit:keepVolumes: this is neither true nor false. Give true or false.",
    ],
    [
      "an environment that is a list",
      { "retrofit:environment": "[1]" },
      "Pulumi.test.yaml: retrofit:environment: this is not an object. Set one entry at a time: pulumi config set --path 'retrofit:environment.NAME' VALUE.",
    ],
    [
      "an environment that is text",
      { "retrofit:environment": "HTTP_PORT=8080" },
      "Pulumi.test.yaml: retrofit:environment: this is not an object. Set one entry at a time: pulumi config set --path 'retrofit:environment.NAME' VALUE.",
    ],
    [
      "a variable that is an object",
      { "retrofit:environment": '{"A":{}}' },
      "Pulumi.test.yaml: retrofit:environment.A: the value is not text. Give a string, a number or a boolean.",
    ],
    [
      "a variable both plain and secret",
      { "retrofit:environment": '{"A":"1"}', "retrofit:secrets": '{"A":"2"}' },
      "Pulumi.test.yaml: retrofit:environment.A: the variable is also under retrofit:secrets. Keep one of the two.",
    ],
    [
      "ports that are none",
      { "retrofit:expose": '["http"]' },
      "Pulumi.test.yaml: retrofit:expose: this is not a list of port numbers. Give numbers from 1 to 65535, such as [8443].",
    ],
    [
      "profiles that are no list",
      { "retrofit:profiles": "debug" },
      "Pulumi.test.yaml: retrofit:profiles: this is not a list of text. Set one at a time: pulumi config set --path 'retrofit:profiles[0]' VALUE.",
    ],
    [
      "a missing file of variables",
      { "retrofit:environmentFiles": '["/srv/none.env"]' },
      "Pulumi.test.yaml: retrofit:environmentFiles: there is no /srv/none.env. Give paths of files, from the program's folder.",
    ],
    [
      "several at once, all of them",
      { "retrofit:target": "azure", "retrofit:timeout": "-1" },
      'Pulumi.test.yaml: retrofit:target: "azure" is not a target. Give one of: docker, gcp, aws.\n' +
        "Pulumi.test.yaml: retrofit:timeout: -1 is not a whole number of seconds from 0 upwards. Give at least 0.",
    ],
  ])("refuses %s", (_, values, message) => {
    const whole = "retrofit:app" in values || Object.keys(values).length === 0 ? values : { ...app, ...values };
    expect(messageOf(() => read(whole))).toBe(message);
  });
});
