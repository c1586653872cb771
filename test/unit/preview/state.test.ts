import { describe, expect, it } from "vitest";
import { placeholder, refuseSecrets, withoutSecrets, withProgramsValues } from "../../../tools/preview/state.mjs";

const signature = "4dabf18193072939515e22adb298388d";
const mark = { [signature]: "1b47061264138c4ac30d75fd1eb44270" };
const plain = (value: unknown) => ({ ...mark, plaintext: JSON.stringify(value) });
const encrypted = { ...mark, ciphertext: "v1:Zm9v:YmFy" };
const hidden = plain(placeholder);
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const urn = (type: string, name: string) => `urn:pulumi:dev::retrofit::${type}::${name}`;
const container = urn("docker:index/container:Container", "web");

function exported(...resources: readonly object[]) {
  return {
    version: 3,
    deployment: {
      manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "v3.255.0" },
      secrets_providers: { type: "passphrase", state: { salt: "v1:the-salt:v1:x:y" } },
      resources,
      metadata: {},
    },
  };
}
const resource = (more: object) => ({ urn: container, custom: true, id: "1", type: container.split("::")[2], ...more });
const cleaned = (more: object) => withoutSecrets(exported(resource(more))).deployment.resources[0];

describe("withoutSecrets", () => {
  it("keeps all that is no secret", () => {
    const plainly = {
      inputs: { image: "a@sha256:1", ports: [{ internal: 80 }], tty: false },
      outputs: { name: "web-1" },
    };
    const document = exported(resource({ ...plainly, dependencies: ["urn:x"], protect: true }));
    const { secrets_providers: _, ...deployment } = document.deployment;
    expect(withoutSecrets(document)).toEqual({ version: 3, deployment });
  });

  it("leaves neither ciphertexts nor values nor the salt", () => {
    const inputs = { password: plain("hunter2-hunter2"), token: encrypted, list: [plain({ deep: ["deep-secret"] })] };
    const clean = withoutSecrets(exported(resource({ inputs, outputs: { password: encrypted } })));
    expect(clean.deployment.resources[0]).toMatchObject({
      inputs: { password: hidden, token: hidden, list: [hidden] },
      outputs: { password: hidden },
    });
    const text = JSON.stringify(clean);
    for (const secret of ["hunter2", "v1:Zm9v", "deep-secret", "the-salt", "ciphertext"])
      expect(text).not.toContain(secret);
  });

  it("finds copies that somebody left in plain text, in other forms too", () => {
    const secret = "pass/wörd+1";
    const copies = {
      whole: secret,
      inside: `postgresql://app:${secret}@db/shop`,
      escaped: `postgresql://app:${encodeURIComponent(secret)}@db/shop`,
      coded: `data:;base64,${Buffer.from(secret).toString("base64")}`,
      urlCoded: Buffer.from(secret).toString("base64url"),
      list: [{ deep: `x ${secret} y` }],
    };
    const { outputs } = cleaned({ inputs: { secret: plain(secret) }, outputs: copies });
    expect(outputs).toEqual({
      whole: placeholder,
      inside: `postgresql://app:${placeholder}@db/shop`,
      escaped: `postgresql://app:${placeholder}@db/shop`,
      coded: `data:;base64,${placeholder}`,
      urlCoded: placeholder,
      list: [{ deep: `x ${placeholder} y` }],
    });
  });

  it("finds the lines of a key", () => {
    const key =
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEA\n-----END PRIVATE KEY-----\n";
    const { outputs } = cleaned({ inputs: { key: plain(key) }, outputs: { oneLine: "key BAQEFAASCBKcwggSjAgEA" } });
    expect(outputs).toEqual({ oneLine: `key ${placeholder}` });
  });

  it("takes the longer of two secrets first", () => {
    const { outputs } = cleaned({
      inputs: { short: plain("secret"), long: plain("secret-and-more") },
      outputs: { text: "secret-and-more" },
    });
    expect(outputs.text).toBe(placeholder);
  });

  it("a short secret is looked for only as the whole of a text or number", () => {
    const { outputs } = cleaned({
      inputs: { user: plain("root"), pin: plain(1234) },
      outputs: { user: "root", role: "roles/root", pin: 1234, port: 12345 },
    });
    expect(outputs).toEqual({ user: placeholder, role: "roles/root", pin: 0, port: 12345 });
  });

  it("what the program gave in plain text stays, where the provider has hidden the whole list", () => {
    const file = { path: "/run/secrets/token", mode: "0444" };
    const { inputs, outputs } = cleaned({
      inputs: { uploads: [{ ...file, content: plain("token-token") }] },
      outputs: { uploads: plain([{ ...file, content: "token-token" }]), shown: "/run/secrets/token: token-token" },
    });
    expect(inputs.uploads).toEqual([{ ...file, content: hidden }]);
    expect(outputs).toEqual({ uploads: hidden, shown: `/run/secrets/token: ${placeholder}` });
  });

  it("hides a provider's credentials, marked or not", () => {
    const inputs = {
      project: "shop",
      accessKey: "AKIA1",
      credentials: "{}",
      registryAuth: [{ password: "p" }],
      version: "7",
    };
    const provider = {
      urn: urn("pulumi:providers:aws", "default"),
      type: "pulumi:providers:aws",
      inputs,
      outputs: inputs,
    };
    const [clean] = withoutSecrets(exported(provider)).deployment.resources;
    const expected = { project: "shop", accessKey: hidden, credentials: hidden, registryAuth: hidden, version: "7" };
    expect(clean).toMatchObject({ inputs: expected, outputs: expected });
  });

  it("drops what tells of the machine that deployed, of errors and of operations at work", () => {
    const document = exported(
      resource({
        initErrors: ["password hunter2 is wrong"],
        sourcePosition: "project:///index.ts#1",
        stackTrace: [{}],
      }),
    );
    Object.assign(document.deployment, { pending_operations: [{ resource: { inputs: { password: "hunter2" } } }] });
    expect(withoutSecrets(document).deployment).toEqual({
      manifest: document.deployment.manifest,
      metadata: {},
      resources: [resource({})],
    });
  });

  it("a stack without resources has a state too", () => {
    expect(withoutSecrets({ version: 3, deployment: { manifest: {} } })).toEqual({
      version: 3,
      deployment: { manifest: {}, resources: [] },
    });
  });

  it("refuses a state with a secret in the name of a property", () => {
    const careless = exported(resource({ inputs: { password: plain("hunter2-hunter2"), "x-hunter2-hunter2": 1 } }));
    expect(() => withoutSecrets(careless)).toThrow("The state holds 1 values of secrets in plain text.");
    expect(() => refuseSecrets({ any: "hunter2-hunter2" }, careless)).toThrow("1 values of secrets");
    expect(() => refuseSecrets({ any: "hunter" }, careless)).not.toThrow();
  });
});

describe("withProgramsValues", () => {
  const state = () =>
    withoutSecrets(
      exported(
        resource({
          inputs: { image: "a", envs: [plain("A=secret-1"), "B=1"], args: plain("secret-2"), same: plain("secret-3") },
          outputs: { envs: plain(["A=secret-1", "B=1"]), args: plain("secret-2"), same: plain("secret-3"), id: "x" },
        }),
      ),
    );
  const plan = (inputDiff: object) => ({ resourcePlans: { [container]: { goal: { inputDiff } } } });

  it("puts the program's values where the secrets were, in inputs and outputs, and changes nothing else", () => {
    const updates = { image: "b", envs: [plain("A=dummy"), "B=2"], args: plain(["dummy", 2]) };
    const [filled] = withProgramsValues(state(), plan({ updates })).deployment.resources;
    expect(filled.inputs).toEqual({
      image: "a",
      envs: [plain("A=dummy"), "B=1"],
      args: plain(["dummy", 2]),
      same: hidden,
    });
    expect(filled.outputs).toEqual({
      envs: plain(["A=dummy", "B=2"]),
      args: plain(["dummy", 2]),
      same: hidden,
      id: "x",
    });
  });

  it("leaves the placeholder where the program's value is not known yet, gone, or of another kind", () => {
    const updates = { envs: { not: "a list" }, args: plain(`x ${unknown}`) };
    const [filled] = withProgramsValues(state(), plan({ updates })).deployment.resources;
    expect(filled.inputs).toEqual({ image: "a", envs: [hidden, "B=1"], args: hidden, same: hidden });
  });

  it("leaves a resource that the program no longer has", () => {
    expect(withProgramsValues(state(), { resourcePlans: {} })).toEqual(state());
  });
});
