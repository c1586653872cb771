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

  it("leaves nobody's credentials, and what Google's provider asks for", () => {
    const env = environmentWithout(everything);
    expect(Object.entries(env).filter(([, value]) => /real/i.test(String(value)))).toEqual([]);
    expect(env).toEqual({
      PATH: "/usr/bin",
      HOME: "/home/me",
      NODE_COMPILE_CACHE: "/tmp/c",
      PULUMI_HOME: "/home/me/.pulumi",
      AWS_REGION: "eu-west-1",
      GOOGLE_PROJECT: "shop",
      GOOGLE_OAUTH_ACCESS_TOKEN: expect.any(String),
    });
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
    expect(configurationWithout(file)).toEqual({
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

  it.each([null, {}, { config: null }])("a file may be empty: %o", (file) => {
    expect(configurationWithout(file)).toEqual({ file: { config: {} }, secrets: [] });
  });
});
