import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const folder = join(import.meta.dirname, "../../../docker/containerize");
const read = (path: string) => readFileSync(join(folder, path), "utf8");
const { services, ...compose } = parse(read("compose.yaml"), { merge: true });

// What can be read off the files. How the system behaves is shown on running containers.
describe("containerize", () => {
  it("confines every service; root is only the job, without a network", () => {
    const capabilities: Record<string, string[]> = { prepare: ["CHOWN", "DAC_OVERRIDE"], app: [], nginx: [] };
    expect(Object.keys(services)).toEqual(Object.keys(capabilities));
    for (const [name, service] of Object.entries<Record<string, unknown>>(services)) {
      expect(service.read_only, name).toBe(true);
      expect(service.cap_drop, name).toEqual(["ALL"]);
      expect(service.cap_add ?? [], name).toEqual(capabilities[name]);
      expect(service.security_opt, name).toEqual(["no-new-privileges:true"]);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose's variables
      expect(service.user, name).toBe(name === "prepare" ? "root" : "${HOST_UID:-1000}:${HOST_GID:-1000}");
    }
    expect(services.prepare.network_mode).toBe("none");
    expect(compose["x-retrofit"].services.prepare.job).toBe(true);
  });

  it("publishes nginx alone, at ports that can be chosen", () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Compose's variables
    expect(services.nginx.ports).toEqual(["${HTTP_PORT:-80}:80", "${HTTPS_PORT:-443}:443"]);
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Compose's variables
    expect(services.app.ports).toBeUndefined();
    expect(services.app.networks).toEqual(services.nginx.networks);
  });

  it("carries the app's source to the clouds, and no keys and no logs", () => {
    for (const [name, service] of Object.entries<{ volumes: string[] }>(services)) {
      const dropped = Object.entries(compose["x-retrofit"].services[name]?.binds ?? {}).map(
        ([path, what]) => `${path}: ${what}`,
      );
      const all = service.volumes.map((mount) => `${mount.split(":")[1]}: drop`);
      expect(dropped).toEqual(name === "app" ? [] : all);
    }
    expect(services.app.volumes).toEqual(["./app/src:/service/src:ro"]);
  });

  it("offers the suites of tlsref's intermediate level, and no DHE", () => {
    const [, protocols] = /^ *ssl_protocols (.*);$/m.exec(read("nginx/service/conf/nginx.conf")) ?? [];
    const [, suites] = /^ *ssl_ciphers (.*);$/m.exec(read("nginx/service/conf/nginx.conf")) ?? [];
    expect(protocols).toBe("TLSv1.2 TLSv1.3");
    expect(suites?.split(":")).toEqual([
      "ECDHE-ECDSA-AES128-GCM-SHA256",
      "ECDHE-RSA-AES128-GCM-SHA256",
      "ECDHE-ECDSA-AES256-GCM-SHA384",
      "ECDHE-RSA-AES256-GCM-SHA384",
      "ECDHE-ECDSA-CHACHA20-POLY1305",
      "ECDHE-RSA-CHACHA20-POLY1305",
    ]);
  });

  it("has the error page for every error status that nginx takes", () => {
    const [, statuses = ""] =
      /^error_page\s+([\d\s]+?)\s+\/error\.html;/m.exec(read("nginx/service/conf/errors.conf")) ?? [];
    const every = Array.from({ length: 200 }, (_, index) => 400 + index).filter((status) => status !== 499);
    expect(statuses.split(/\s+/).map(Number)).toEqual(every);
  });

  it("sets headers on the level of a server only, where no nested block drops them", () => {
    const lines = read("nginx/service/conf/nginx.conf")
      .split("\n")
      .filter((line) => /add_header|headers\.conf/.test(line));
    for (const line of lines) expect(line).toMatch(/^ {8}\S/);
    const headers = read("nginx/service/conf/headers.conf").match(/^add_header .*$/gm) ?? [];
    expect(headers.length).toBeGreaterThan(3);
    for (const header of headers) expect(header).toMatch(/ always;$/);
  });

  it("has build arguments in its images, and no environment", () => {
    for (const file of ["app/Dockerfile", "app/Dockerfile.singlestage", "nginx/Dockerfile"]) {
      expect(read(file)).not.toMatch(/^ENV /m);
      expect(read(file)).toMatch(/^ARG UID=1000\nARG GID=1000$/m);
      expect(read(file)).toMatch(/^USER \$\{UID\}:\$\{GID\}$/m);
    }
  });

  it("has the same helpers in both images", () => {
    for (const script of ["secrets.sh", "healthcheck"]) {
      expect(read(`nginx/service/init/${script}`)).toBe(read(`app/service/init/${script}`));
    }
  });
});
