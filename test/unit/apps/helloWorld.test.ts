import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../../../docker/hello-world");
const read = (path: string) => readFileSync(join(folder, path), "utf8");

// How the app behaves is shown on running containers.
describe("hello-world", () => {
  it("is confined: no root, no capability, nothing writable but /tmp", () => {
    const { web } = parse(read("compose.yaml")).services;
    expect(read("Dockerfile")).toContain("\nUSER 900:900\n");
    expect(web.user).toBeUndefined();
    expect(web.read_only).toBe(true);
    expect(web.tmpfs).toEqual(["/tmp:size=16m"]);
    expect(web.cap_drop).toEqual(["ALL"]);
    expect(web.cap_add).toBeUndefined();
    expect(web.security_opt).toEqual(["no-new-privileges:true"]);
    expect(Object.keys(web.deploy.resources.limits)).toEqual(["cpus", "memory", "pids"]);
  });

  it("has one health check, in the image and in the compose file", () => {
    const { test } = parse(read("compose.yaml")).services.web.healthcheck;
    const [, inImage = ""] = /HEALTHCHECK .* CMD (\[.*\])/.exec(read("Dockerfile")) ?? [];
    expect(test).toEqual(["CMD", ...JSON.parse(inImage)]);
  });

  it("takes into the image what it copies, and nothing else", () => {
    const taken = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"));
    expect(read(".dockerignore")).toMatch(/^\*\n/);
    for (const line of taken) expect(read("Dockerfile")).toMatch(new RegExp(`^COPY .*${line.slice(1)}`, "m"));
  });
});
