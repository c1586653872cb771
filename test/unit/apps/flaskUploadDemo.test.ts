import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { bodyLimit } from "../../apps/flaskUploadDemo.ts";

const folder = join(import.meta.dirname, "../../../docker/flask-upload-demo");
const read = (path: string) => readFileSync(join(folder, path), "utf8");

// What two files must agree on. How the app behaves is shown on running containers.
describe("flask-upload-demo", () => {
  it("has one size limit, in the app, in nginx and on the page", () => {
    const mebibytes = bodyLimit / 1024 / 1024;
    expect(read("app/demo/app.py")).toContain(`LIMIT_MIB = ${mebibytes}\n`);
    expect(read("nginx/nginx.conf")).toContain(`client_max_body_size ${mebibytes}m;`);
    expect(read("nginx/errors/413.html")).toContain(`${mebibytes} MiB`);
  });

  it("has the same content policies in the app and in nginx", () => {
    const policies = [...read("app/demo/app.py").matchAll(/^(?:PAGE|UPLOAD)_POLICY = (".*")$/gm)].map(
      ([, text]) => text,
    );
    expect(policies).toHaveLength(2);
    for (const policy of policies) expect(read("nginx/nginx.conf")).toContain(policy);
  });

  it("shows the same kinds of files in the app and in nginx", () => {
    const [, inApp = ""] = /^SHOWN = \{(.*)\}$/m.exec(read("app/demo/app.py")) ?? [];
    const [, inNginx = ""] = /uploads\/\.\*\\\.\((.*)\)\$/.exec(read("nginx/nginx.conf")) ?? [];
    const fromApp = inApp.split(", ").map((text) => text.slice(2, -1));
    const fromNginx = inNginx.replace("jpe?g", "jpeg|jpg").split("|");
    expect(fromApp.length).toBeGreaterThan(4);
    expect(fromNginx).toEqual(fromApp);
  });

  it.each<[string, string, string[], string[]]>([
    ["basic", "5000", [], ["no-new-privileges:true"]],
    ["nginx", "8080", ["SETUID", "SETGID"], ["no-new-privileges:true"]],
    ["gcsfuse", "8080", ["SYS_ADMIN", "SETUID", "SETGID"], ["apparmor:unconfined", "no-new-privileges:true"]],
  ])("%s is confined to what it needs", (variant, port, capabilities, options) => {
    const { web } = parse(read(`${variant}/compose.yaml`)).services;
    expect(web.build).toEqual({ context: "..", target: variant });
    expect(web.ports).toEqual([`\${HTTP_PORT:-8080}:${port}`]);
    expect(web.healthcheck.test).toEqual(["CMD", "/srv/demo-app/run/healthcheck", port]);
    expect(web.read_only).toBe(true);
    expect(web.privileged).toBeUndefined();
    expect(web.cap_drop).toEqual(["ALL"]);
    expect(web.cap_add ?? []).toEqual(capabilities);
    expect(web.security_opt).toEqual(options);
    expect(Object.keys(web.deploy.resources.limits)).toEqual(["cpus", "memory", "pids"]);
  });

  it("installs nothing that is not pinned by its hash", () => {
    for (const file of ["app/requirements.txt", "gcsfuse/requirements.txt"]) {
      const packages = read(file).split(/^(?=\S)/m);
      for (const text of packages)
        expect(text).toMatch(/^[a-z0-9-]+==[\d.]+ \\\n( {4}--hash=sha256:[0-9a-f]{64}( \\)?\n)+/);
    }
    expect(read("Dockerfile").match(/pip .*install .*/g)).toHaveLength(2);
    expect(read("Dockerfile").match(/pip .*install .*--require-hashes/g)).toHaveLength(2);
  });
});
