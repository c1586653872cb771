import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { type AppImage, buildAppImages, removeAppImages } from "../support/appImages.ts";
import { check, filesBelow } from "../support/checkers.ts";
import { DeployedApp } from "../support/deployedApp.ts";
import { docker } from "../support/stack.ts";

/** Compiles gcsfuse, for many minutes; its nginx is that of the variant `nginx`. */
const notBuilt = ["docker/flask-upload-demo/gcsfuse/compose.yaml"];

/** Services that their compose files start as root, and why. */
const startedAsRoot: Readonly<Record<string, string>> = {
  "containerize/prepare":
    "gives the key pair and the log folder of the host to nginx's user, without a network, and ends",
  "flask-upload-demo/nginx/web": "gives nginx and the app a user each, then keeps neither root nor a capability",
};

/** Bytes above the base: 17 MB. */
const heaviest = 17e6;

interface Details {
  readonly Size: number;
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Config: {
    readonly User?: string;
    readonly StopSignal?: string;
    readonly Healthcheck?: { readonly Test?: readonly string[] } | null;
  };
}

async function inspect(image: string): Promise<Details> {
  return JSON.parse(await docker("image", "inspect", image))[0];
}

function isRoot(user = ""): boolean {
  return ["", "0", "root"].includes(user.split(":")[0] ?? "");
}

/** Of an image's files, those that only its build has a use for. */
function leftovers(files: readonly string[]): readonly string[] {
  const kinds = [
    /\/s?bin\/([\w.]+-linux-gnu-)?(gcc|g\+\+|cc|c\+\+|c[89]9|cpp|clang|tcc|go|gofmt|rustc|cargo|make)(-[\d.]+)?$/,
    /\/\.cache\//,
    /\/\.npm\//,
    /^\/var\/lib\/apt\/lists\/[^/]+$/,
    /^\/var\/cache\/apt\/(pkgcache|srcpkgcache)\.bin$/,
    /\.deb$/,
    /^(?!.*\/ensurepip\/_bundled\/).*\.whl$/,
    /^\/(tmp|var\/tmp)\/.*$/,
    /\/(\.git|Dockerfile[^/]*|\.dockerignore|compose\.yaml)$/,
  ];
  return files.filter((file) => file !== "/var/lib/apt/lists/lock" && kinds.some((kind) => kind.test(file)));
}

describe("the apps' images", () => {
  let images: readonly AppImage[];

  beforeAll(async () => {
    images = await buildAppImages({ except: notBuilt });
  });
  afterAll(() => removeAppImages());

  it("run without root, but for those whose compose file says why", async () => {
    const asRoot = images.filter(({ service }) => service.user !== undefined && isRoot(service.user));
    expect(asRoot.map(({ name }) => name).sort()).toEqual(Object.keys(startedAsRoot).sort());
    for (const { name, service } of asRoot) expect(service.cap_drop, name).toEqual(["ALL"]);
    // Whoever runs the image by itself has no compose file.
    for (const { name, tag } of images) expect((await inspect(tag)).Config.User, name).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it("tell whether they are healthy, and are stopped so that open requests are answered", async () => {
    for (const { name, tag, base, service, job } of images) {
      const { Healthcheck, StopSignal } = (await inspect(tag)).Config;
      const checked = service.healthcheck
        ? service.healthcheck.disable !== true
        : Healthcheck?.Test?.[0]?.startsWith("CMD");
      expect(checked === true || job, `${name} has no health check`).toBe(true);
      // nginx drops its clients at SIGTERM; the others answer them then.
      expect(StopSignal ?? "SIGTERM", name).toBe(base.startsWith("nginx:") ? "SIGQUIT" : "SIGTERM");
      expect(service.stop_signal, name).toBeUndefined();
    }
  });

  it("hold nothing that only their build needs", async () => {
    const wrong = ["/usr/bin/x86_64-linux-gnu-gcc-14", "/usr/local/go/bin/go", "/root/.cache/pip/http/1", "/app/a.whl"];
    wrong.push(
      "/var/lib/apt/lists/deb.debian.org_debian_dists_trixie_InRelease",
      "/tmp/x",
      "/app/.git",
      "/app/Dockerfile",
    );
    expect(leftovers(wrong)).toEqual(wrong);
    for (const tag of new Set(images.map((image) => image.tag))) {
      const names = images.filter((image) => image.tag === tag).map(({ name }) => name);
      const find = ["find", "/", "-xdev", "(", "-type", "f", "-o", "-type", "l", "-o", "-name", ".git", ")"];
      const [program = "", ...words] = find;
      const files = await docker("run", "--rm", "--network=none", "--user=0", `--entrypoint=${program}`, tag, ...words);
      expect(files.split("\n").length, names.join()).toBeGreaterThan(1000);
      expect(leftovers(files.split("\n")), names.join()).toEqual([]);
    }
  });

  it("are at most 17 MB above their base", async () => {
    const sizes = new Map<string, { readonly above: number; readonly line: string }>();
    for (const { name, tag, base } of images) {
      const [image, below] = await Promise.all([inspect(tag), inspect(base)]);
      expect(image.RootFS.Layers.slice(0, below.RootFS.Layers.length), `${name} on ${base}`).toEqual(
        below.RootFS.Layers,
      );
      const above = image.Size - below.Size;
      const [all, more] = [image.Size, above].map((bytes) => (bytes / 1e6).toFixed(1).padStart(6));
      sizes.set(name, { above, line: `${name.padEnd(28)} ${all} MB, ${more} MB above ${base}` });
    }
    console.log([...sizes.values()].map(({ line }) => line).join("\n"));
    expect([...sizes].filter(([, { above }]) => above > heaviest).map(([name]) => name)).toEqual([]);
  });

  describe("with nginx", () => {
    /** How each gets to the point at which it would start nginx. By the file in the checkout. */
    const dumps: Readonly<Record<string, { readonly image: string; readonly script: string }>> = {
      "docker/cloudtalents/nginx/nginx.conf": { image: "cloudtalents/nginx", script: started("app:8000") },
      "docker/containerize/nginx/service/conf/nginx.conf": {
        image: "containerize/nginx",
        script: `mkdir /tmp/keys && /service/init/prepare.sh /tmp/keys >&2
          export TLS_CERTIFICATE_FILE=/tmp/keys/localhost.crt TLS_KEY_FILE=/tmp/keys/localhost.key
          exec /service/init/run.sh -T`,
      },
      "docker/docker-example/nginx/nginx.conf": {
        image: "docker-example/nginx",
        script: started("app1:5000 app2:5000"),
      },
      "docker/flask-upload-demo/nginx/nginx.conf": {
        image: "flask-upload-demo/nginx/web",
        script: "exec nginx -T -e stderr",
      },
    };

    /** The start script has no mode in which nginx only tests, and writes a part of the configuration. */
    function started(upstreams: string): string {
      return `sh /usr/local/bin/start ${upstreams} >&2 &
        for i in $(seq 3000); do [ -s /tmp/nginx.pid ] && break; sleep 0.1; done
        nginx -T; code=$?; kill -QUIT $!; exit $code`;
    }

    /** What nginx reads, tested by nginx. @throws with nginx's error */
    function dumped(file: string): Promise<string> {
      const { image = "", script = "" } = dumps[file] ?? {};
      const tag = images.find(({ name }) => name === image)?.tag ?? image;
      const network = ["--network=none", "--add-host=app:127.0.0.1"];
      const hardened = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
      return docker("run", "--rm", ...network, ...hardened, "--entrypoint=sh", tag, "-c", script);
    }

    async function complaints(configuration: string): Promise<readonly string[]> {
      const found = JSON.parse(await check("gixy", ["--format", "json", "-"], configuration));
      return found.map((each: { plugin: string; summary: string }) => `${each.plugin}: ${each.summary}`);
    }

    it("are all that have a configuration", async () => {
      const files = (await filesBelow("docker")).filter((file) => basename(file) === "nginx.conf");
      expect(files.toSorted()).toEqual(Object.keys(dumps).sort());
    });

    it.each(Object.keys(dumps))("%s: nginx takes it, and gixy finds nothing", async (file) => {
      const configuration = await dumped(file);
      expect(configuration).toContain("# configuration file /etc/nginx/nginx.conf:");
      expect(configuration).toContain("add_header X-Content-Type-Options");
      expect(await complaints(configuration)).toEqual([]);
      // It would find it in this very configuration.
      const careless = configuration.replace("server_tokens off;", "server_tokens on;");
      expect(await complaints(careless)).toEqual([expect.stringContaining("version_disclosure")]);
      const traversable = careless.replace(/\n\s*location /, "\nlocation /files { alias /files/; }$&");
      expect(await complaints(traversable)).toContainEqual(expect.stringContaining("alias_traversal"));
    });
  });
});

describe("containerize's TLS front", () => {
  let app: DeployedApp;
  let address: string;

  beforeAll(async () => {
    const port = await freePort();
    address = `127.0.0.1:${port}`;
    app = await DeployedApp.prepare("containerize", { environment: { HTTPS_PORT: port } });
    await app.up();
  });
  afterAll(() => app?.remove());

  /** Names by which sslyze calls what is asked for, and in its report. */
  const versions = {
    sslv2: "ssl_2_0",
    sslv3: "ssl_3_0",
    tlsv1: "tls_1_0",
    tlsv1_1: "tls_1_1",
    tlsv1_2: "tls_1_2",
    tlsv1_3: "tls_1_3",
  };
  const weaknesses = ["reneg", "early_data", "compression", "heartbleed", "openssl_ccs", "robot", "fallback", "ems"];

  it("is the intermediate configuration of tlsref 6.0, as sslyze sees it", async () => {
    const commands = [...Object.keys(versions), ...weaknesses, "resum", "elliptic_curves", "http_headers"];
    const options = [
      "--json_out=-",
      "--mozilla_config=disable",
      "--slow_connection",
      ...commands.map((each) => `--${each}`),
    ];
    const report = JSON.parse(await check("sslyze", [...options, address]));
    const [{ scan_status, scan_result }] = report.server_scan_results;
    expect(scan_status).toBe("COMPLETED");
    const result = (name: string) => {
      expect(scan_result[name], name).toMatchObject({ status: "COMPLETED" });
      return scan_result[name].result;
    };

    const accepted = Object.values(versions).map((version) => {
      const { accepted_cipher_suites: suites } = result(`${version}_cipher_suites`);
      return [version, suites.map((suite: { cipher_suite: { name: string } }) => suite.cipher_suite.name).sort()];
    });
    expect(Object.fromEntries(accepted)).toEqual({
      ssl_2_0: [],
      ssl_3_0: [],
      tls_1_0: [],
      tls_1_1: [],
      // Those of the key pair's kind, which is ECDSA: ECDHE with authenticated encryption, and nothing else.
      tls_1_2: [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      ],
      tls_1_3: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
    });
    const { supported_curves } = result("elliptic_curves");
    // sslyze does not know X25519MLKEM768.
    expect(supported_curves.map(({ name }: { name: string }) => name).sort()).toEqual([
      "X25519",
      "secp256r1",
      "secp384r1",
    ]);
    expect(result("session_resumption").tls_ticket_resumption_result).toBe("NOT_SUPPORTED");
    expect(result("http_headers").strict_transport_security_header).toMatchObject({ max_age: 63072000 });

    expect(result("session_renegotiation")).toMatchObject({
      supports_secure_renegotiation: true,
      is_vulnerable_to_client_renegotiation_dos: false,
    });
    expect(result("tls_1_3_early_data").supports_early_data).toBe(false);
    expect(result("tls_compression").supports_compression).toBe(false);
    expect(result("heartbleed").is_vulnerable_to_heartbleed).toBe(false);
    expect(result("openssl_ccs_injection").is_vulnerable_to_ccs_injection).toBe(false);
    expect(result("robot").robot_result).toMatch(/^NOT_VULNERABLE/);
    expect(result("tls_fallback_scsv").supports_fallback_scsv).toBe(true);
    expect(result("tls_extended_master_secret").supports_ems_extension).toBe(true);
  });
});
