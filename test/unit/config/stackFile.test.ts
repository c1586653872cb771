import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readOptions, readStackFile } from "../../../config/stackFile.ts";
import { root } from "../../support/stack.ts";

const folder = mkdtempSync(join(tmpdir(), "stack-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

function optionsOf(text: string) {
  const file = join(folder, "Pulumi.shop.yaml");
  writeFileSync(file, text);
  return readOptions(root, readStackFile(root, file));
}

it("has the defaults of Pulumi.yaml where the file says nothing, or is not there", () => {
  const defaults = {
    environment: {},
    environmentFiles: [],
    secretNames: [],
    profiles: [],
    extension: { services: {}, volumes: {}, expose: [] },
  };
  expect(optionsOf("config:\n")).toEqual(defaults);
  expect(optionsOf("config:\n  retrofit:environment:\n")).toEqual(defaults);
  expect(readStackFile(root, "Pulumi.elsewhere.yaml")).toMatchObject({
    "retrofit:app": "flask-upload-demo/nginx",
    "retrofit:target": "docker",
  });
});

it("tells variables from secrets, of which the names alone count", () => {
  const text = `config:
  retrofit:environment: { PORT: 80, TOKEN: { secure: v1:a:b } }
  retrofit:secrets: { PASSWORD: { secure: v1:c:d } }
  retrofit:environmentFiles: [shop.env]
  retrofit:profiles: [all]
  retrofit:volumes: { uploads: { storage: bucket } }
`;
  expect(optionsOf(text)).toEqual({
    environment: { PORT: "80" },
    environmentFiles: [join(root, "shop.env")],
    secretNames: ["PASSWORD", "TOKEN"],
    profiles: ["all"],
    extension: { services: {}, volumes: { uploads: { storage: "bucket" } }, expose: [] },
  });
});

it("has the variables of services secret where one of them is", () => {
  const text = `config:
  retrofit:services: { web: { environment: { PORT: 80, API_KEY: { secure: v1:a:b } } }, db: { job: false } }
`;
  expect(optionsOf(text).extension.services).toEqual({
    web: { environment: { PORT: { secret: ["80"] }, API_KEY: { secret: [{ name: "API_KEY" }] } } },
    db: { job: false },
  });
});
