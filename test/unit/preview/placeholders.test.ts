import { describe, expect, it } from "vitest";
import { configurationWithout, environmentWithout } from "../../../tools/preview/placeholders.mjs";

describe("environmentWithout", () => {
  const everything = {
    PATH: "/usr/bin",
    HOME: "/home/me",
    NODE_COMPILE_CACHE: "/tmp/c",
    PULUMI_HOME: "/home/me/.pulumi",
    AWS_REGION: "eu-west-1",
    GOOGLE_PROJECT: "shop",
    AWS_ACCESS_KEY_ID: "AKIAREAL",
    AWS_SECRET_ACCESS_KEY: "real",
    AWS_SESSION_TOKEN: "real",
    AWS_PROFILE: "real",
    AWS_WEB_IDENTITY_TOKEN_FILE: "/real",
    GOOGLE_APPLICATION_CREDENTIALS: "/real.json",
    GOOGLE_CREDENTIALS: "real",
    GOOGLE_OAUTH_ACCESS_TOKEN: "real",
    CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: "/real.json",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "real",
    GITHUB_TOKEN: "real",
    PULUMI_ACCESS_TOKEN: "real",
    PULUMI_BACKEND_URL: "gs://real",
    PULUMI_CONFIG_PASSPHRASE: "real",
    PULUMI_CONFIG_PASSPHRASE_FILE: "/real",
    PULUMI_STACK: "real",
  };

  it.each(["docker", "gcp", "aws"])("%s: nobody's credentials are left", (target) => {
    const env = environmentWithout(everything, target);
    expect(Object.entries(env).filter(([, value]) => value?.includes("real") || value?.includes("REAL"))).toEqual([]);
    expect(env).toMatchObject({
      PATH: "/usr/bin",
      PULUMI_HOME: "/home/me/.pulumi",
      AWS_REGION: "eu-west-1",
      GOOGLE_PROJECT: "shop",
    });
  });

  it("has what each provider asks for", () => {
    expect(environmentWithout({}, "gcp")).toEqual({ GOOGLE_OAUTH_ACCESS_TOKEN: expect.any(String) });
    expect(environmentWithout({}, "aws")).toMatchObject({
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^AKIA[A-Z0-9]{16}$/),
    });
    expect(environmentWithout({}, "docker")).toEqual({});
  });
});

describe("configurationWithout", () => {
  it("keeps what is plain, and tells where a secret is missing", () => {
    const secure = { secure: "v1:abc" };
    const file = {
      encryptionsalt: "v1:salt",
      secretsprovider: "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
      encryptedkey: "abc",
      config: {
        "retrofit:app": "shop",
        "retrofit:registryPassword": secure,
        "retrofit:environment": { PORT: 80, TOKEN: secure },
        "retrofit:secrets": { "DB.PASS": secure, 'quo"te': secure },
        "retrofit:list": ["a", secure, { deep: secure }],
      },
    };
    expect(configurationWithout(file, "docker")).toEqual({
      file: {
        config: {
          "retrofit:app": "shop",
          "retrofit:environment": { PORT: 80 },
          "retrofit:secrets": {},
          "retrofit:list": ["a", null, {}],
        },
      },
      secrets: [
        "retrofit:registryPassword",
        'retrofit:environment["TOKEN"]',
        'retrofit:secrets["DB.PASS"]',
        'retrofit:secrets["quo\\"te"]',
        "retrofit:list[1]",
        'retrofit:list[2]["deep"]',
      ],
    });
  });

  it("lets the aws provider ask nobody, and the stack's own words win", () => {
    const { file } = configurationWithout(
      { config: { "aws:region": "eu-west-1", "aws:skipRegionValidation": "false" } },
      "aws",
    );
    expect(file.config).toEqual({
      "aws:region": "eu-west-1",
      "aws:skipCredentialsValidation": "true",
      "aws:skipMetadataApiCheck": "true",
      "aws:skipRegionValidation": "false",
      "aws:skipRequestingAccountId": "true",
    });
  });

  it.each([null, {}, { config: null }])("a file may be empty: %o", (file) => {
    expect(configurationWithout(file, "docker")).toEqual({ file: { config: {} }, secrets: [] });
  });
});
