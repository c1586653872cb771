import { describe, expect, it } from "vitest";
import { read } from "./stack.ts";

const stack = { "retrofit:app": "flask-upload-demo/nginx", "retrofit:target": "gcp", "gcp:project": "shop-1" };

describe("a stack for Google Cloud", () => {
  it("has the tutorial's values where nothing is said", () => {
    expect(read(stack)).toMatchObject({
      target: "gcp",
      gcp: {
        project: "shop-1",
        zone: "us-east1-b",
        vm: { bootDiskSize: 10, networkTier: "STANDARD" },
        dataDisk: { size: 10, snapshotDays: 14 },
        buckets: { restorableDays: 30, hierarchical: false },
        allBuckets: false,
        ssh: false,
        existingRegistry: false,
      },
      destroyContent: false,
      attempt: 1,
    });
  });

  it("is on the embedded cloud where it says so, and its images in the local registry", () => {
    expect(read({ ...stack, "retrofit:embedded": "true" })).toMatchObject({ embedded: true, mirror: "127.0.0.1:5050" });
  });

  it("shows all that is wrong at once", () => {
    const values = {
      ...stack,
      "gcp:project": "My Project",
      "retrofit:networkTier": "FAST",
      "retrofit:bootDiskSize": "8",
      "retrofit:release": "40847297dde4",
      "retrofit:images": '{"web":"gcr.io/shop-1/web"}',
    };
    expect(() => read(values)).toThrow(
      [
        "Pulumi.test.yaml: retrofit:release: retrofit:images names images too. Keep one of the two.",
        'Pulumi.test.yaml: gcp:project: "My Project" is not the id of a project. Give the id, which is 6 to 30 lower-case letters, digits and hyphens; gcloud projects list shows it.',
        "Pulumi.test.yaml: retrofit:bootDiskSize: 8 is not a whole number of GB from 10 upwards. Give at least 10.",
        'Pulumi.test.yaml: retrofit:networkTier: "FAST" is none of them. Give one of: STANDARD, PREMIUM.',
      ].join("\n"),
    );
  });

  it("names its project", () => {
    expect(() => read({ ...stack, "gcp:project": "" })).toThrow(
      "Pulumi.test.yaml: gcp:project: no project is named. Set it: pulumi config set gcp:project PROJECT.",
    );
  });

  it("is no place for the docker target", () => {
    expect(() => read({ "retrofit:app": "hello-world", "retrofit:embedded": "true" })).toThrow(
      "Pulumi.test.yaml: retrofit:embedded: the docker target is this machine's engine and no cloud. Remove the key.",
    );
  });
});
