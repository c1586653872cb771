import { describe, expect, it } from "vitest";
import { rollbackHint } from "../../../components/rollback.ts";

describe("rollbackHint", () => {
  it("gives the command for each image that changed", () => {
    expect(
      rollbackHint({ web: "r/web@sha256:2", db: "postgres:17" }, { web: "r/web@sha256:1", db: "postgres:17" }),
    ).toBe(
      "\nTo go back to the release before:\n" +
        "    pulumi config set --path 'retrofit:images.web' r/web@sha256:1\n" +
        "    pulumi up\n" +
        "and when it is mended: pulumi config rm retrofit:images",
    );
  });

  it("says nothing where going back would change nothing", () => {
    expect(rollbackHint({ web: "r/web@sha256:1" }, { web: "r/web@sha256:1" })).toBe("");
    expect(rollbackHint({ web: "r/web@sha256:1" }, {})).toBe("");
    expect(rollbackHint({ web: "r/web@sha256:1" }, { gone: "r/gone@sha256:1" })).toBe("");
  });
});
