import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../support/stack.ts";

const own = join(root, "components/gcp/gcsfuse");
const apps = join(root, "docker/flask-upload-demo");

/** The instructions of a Dockerfile's stage, without comments, names of stages and folders of the context. */
function stage(file: string, name: string): string[] {
  const text = readFileSync(file, "utf8")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", "");
  const [, instructions = ""] =
    new RegExp(`^FROM [^\n]* AS ${name}\n([\\s\\S]*?)(?=^FROM|(?![\\s\\S]))`, "m").exec(text) ?? [];
  return instructions
    .replaceAll(/^COPY gcsfuse\/(\S+) (?:gcsfuse\/(\S+) )?/gm, "COPY $1 $2 ")
    .replaceAll(/ +/g, " ")
    .trim()
    .split("\n");
}

// gcsfuse takes minutes to compile: BuildKit finds what it has built for one image when the other is built.
it("is compiled as in the app that brings its own", () => {
  const compiled = stage(join(apps, "Dockerfile"), "gcsfuse-build");
  expect(compiled.at(-1)).toContain("go build");
  expect(stage(join(own, "Dockerfile"), "build").slice(0, compiled.length)).toEqual(compiled);
  for (const file of ["go.mod", "go.sum", "requirements.txt"]) {
    expect(readFileSync(join(own, file), "utf8"), file).toBe(readFileSync(join(apps, "gcsfuse", file), "utf8"));
  }
});
