import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../tools/context.mjs";
import { toolFolder } from "../../tools/steps/folders.mjs";
import * as versions from "../../tools/versions.mjs";
import { eventually } from "./eventually.ts";
import type { Place } from "./stack.ts";

const run = promisify(execFile);

/** The names under which its registry stands. */
const names = ["registry-1.docker.io", "index.docker.io", "auth.docker.io", "docker.io", "gcr.io"];

export const user = "ada";
export const password = "lovelace-1815-c4a7";
/** Of the password, by bcrypt, which is all that the registry takes: `htpasswd -nbB ada PASSWORD`. */
const passwordHash = "$2y$05$retrofitTestSaltAbcdeOGGUNgoOhkkiSl3rcQwNHJfRX8CuFNWa";

/**
 * As good as another machine, within this one: host names of its own, by a mount namespace with its own /etc/hosts, under
 * which a registry stands that asks for a password by HTTPS; and a builder and an engine of its own. This machine's engine
 * is left alone. Needs root on Linux, and dockerd. What it starts ends with the test's process, however that ends.
 */
export class OtherMachine implements Place {
  readonly folder: string;
  readonly #processes: ChildProcess[] = [];
  readonly #address = `127.88.${1 + Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`;
  #namespace = "";
  #bridge: string | undefined;
  #stopping = false;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<OtherMachine> {
    const machine = new OtherMachine(await mkdtemp(join(tmpdir(), "retrofit-machine-")));
    try {
      await machine.#enter();
      await Promise.all([machine.#startRegistry(), machine.#startBuilder(), machine.#startEngine()]);
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** Runs a command in it. */
  get launcher(): readonly string[] {
    return ["nsenter", `--mount=${this.#namespace}`, "--"];
  }

  /** What a command in it needs in its environment; nothing of this machine's logins. */
  get environment(): NodeJS.ProcessEnv {
    return {
      DOCKER_HOST: `unix://${join(this.folder, "docker.sock")}`,
      DOCKER_CONFIG: join(this.folder, "config"),
      SSL_CERT_FILE: join(this.folder, "cert.pem"),
    };
  }

  /** What `docker login` would leave behind; none without a password. */
  async login(host: string, secret: string | undefined): Promise<void> {
    const auth = Buffer.from(`${user}:${secret}`).toString("base64");
    const auths = secret === undefined ? {} : { [host]: { auth } };
    await writeFile(join(this.folder, "config", "config.json"), JSON.stringify({ auths }));
  }

  /** An answer of its registry, with the password: a path below /v2/ such as `ada/shop/tags/list`. */
  async registry(path: string): Promise<{ status: number; digest: string; body: string }> {
    const format = "\n%{http_code} %header{docker-content-digest}";
    const accept = "Accept: application/vnd.oci.image.manifest.v1+json";
    const options = [
      "--silent",
      "--cacert",
      join(this.folder, "cert.pem"),
      "--user",
      `${user}:${password}`,
      "--header",
      accept,
      "--write-out",
      format,
    ];
    const { stdout } = await this.run("curl", ...options, `https://gcr.io/v2/${path}`);
    const end = stdout.lastIndexOf("\n");
    const [status, digest = ""] = stdout.slice(end + 1).split(" ");
    return { status: Number(status), digest, body: stdout.slice(0, end) };
  }

  /** All that its services have logged. */
  async logs(): Promise<string> {
    const files = ["registry.log", "buildkitd.log", "dockerd.log"].map((name) => join(this.folder, name));
    return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
  }

  run(command: string, ...args: string[]) {
    const [first, ...rest] = [...this.launcher, command, ...args] as [string, ...string[]];
    return run(first, rest, { env: { ...process.env, ...this.environment }, maxBuffer: 64 * 1024 * 1024 });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    // The engine before its builder and registry, and the namespace last.
    for (const child of this.#processes.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
      await once(child, "exit");
      clearTimeout(timer);
    }
    if (this.#bridge !== undefined) await run("docker", ["network", "rm", this.#bridge]);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #enter(): Promise<void> {
    const hosts = join(this.folder, "hosts");
    await writeFile(hosts, `127.0.0.1 localhost\n${names.map((name) => `${this.#address} ${name}\n`).join("")}`);
    const script = `mount --bind '${hosts}' /etc/hosts && echo ready && exec setpriv --pdeathsig TERM sleep infinity`;
    const child = this.#child("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], "pipe");
    const [answer] = await Promise.race([once(child.stdout as NodeJS.ReadableStream, "data"), once(child, "exit")]);
    if (String(answer).trim() !== "ready") throw new Error("there is no mount namespace: the test needs root on Linux");
    this.#namespace = `/proc/${child.pid}/ns/mnt`;
    await mkdir(join(this.folder, "config", "buildx", "instances"), { recursive: true });
    const plugins = join(process.env.DOCKER_CONFIG || join(homedir(), ".docker"), "cli-plugins");
    if (existsSync(plugins)) await symlink(plugins, join(this.folder, "config", "cli-plugins"));
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subjects = `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
    await run("openssl", [
      ...["req", "-x509", ...key, "-days", "2", "-subj", "/CN=retrofit-test", "-addext", subjects],
      ...["-keyout", join(this.folder, "key.pem"), "-out", join(this.folder, "cert.pem")],
    ]);
  }

  async #startRegistry(): Promise<void> {
    const file = (name: string) => JSON.stringify(join(this.folder, name));
    await writeFile(join(this.folder, "htpasswd"), `${user}:${passwordHash}\n`);
    await writeFile(
      join(this.folder, "registry.yml"),
      [
        "version: 0.1",
        "log: { level: info }",
        `storage: { filesystem: { rootdirectory: ${file("registry")} } }`,
        `auth: { htpasswd: { realm: test, path: ${file("htpasswd")} } }`,
        `http: { addr: "${this.#address}:443", tls: { certificate: ${file("cert.pem")}, key: ${file("key.pem")} } }`,
      ].join("\n"),
    );
    const folder = toolFolder(cacheFolder(process.env), "docker-registry", versions.registry.series);
    const installed = join(folder, "usr", "bin", "docker-registry");
    const program = await this.#program("registry", installed, "retrofit-registry:/bin/registry");
    await this.#startDaemon("registry", program, ["serve", join(this.folder, "registry.yml")]);
    await eventually(async () => {
      if ((await this.registry("")).status !== 200) throw new Error("the registry does not answer");
    });
  }

  async #startBuilder(): Promise<void> {
    const socket = `unix://${join(this.folder, "buildkitd.sock")}`;
    await writeFile(
      join(this.folder, "buildkitd.toml"),
      `root = "${join(this.folder, "buildkit")}"\n[grpc]\naddress = ["${socket}"]\n` +
        '[worker.containerd]\nenabled = false\n[worker.oci]\nnetworkMode = "host"\n',
    );
    const node = { Name: "retrofit0", Endpoint: socket, Platforms: null, DriverOpts: null, Flags: null, Files: null };
    const record = { Name: "retrofit", Driver: "remote", Nodes: [node], Dynamic: false };
    await writeFile(join(this.folder, "config", "buildx", "instances", "retrofit"), JSON.stringify(record));
    const folder = toolFolder(cacheFolder(process.env), "buildkit", versions.buildkit.version);
    const program = await this.#program("buildkitd", join(folder, "buildkitd"), "retrofit-buildkit:/usr/bin/buildkitd");
    await this.#startDaemon("buildkitd", program, ["--config", join(this.folder, "buildkitd.toml")]);
    await eventually(async () => {
      const connection = connect(join(this.folder, "buildkitd.sock"));
      await once(connection, "connect");
      connection.destroy();
    });
  }

  async #startEngine(): Promise<void> {
    // A bridge of its own: with none, dockerd would delete `docker0`, which is the other engine's.
    const bridge = `rt${randomBytes(4).toString("hex")}`;
    await run("docker", ["network", "create", "--opt", `com.docker.network.bridge.name=${bridge}`, bridge]);
    this.#bridge = bridge;
    await this.#startDaemon("dockerd", "dockerd", [
      ...["--data-root", join(this.folder, "docker"), "--exec-root", join(this.folder, "exec")],
      ...["--pidfile", join(this.folder, "docker.pid"), "--host", `unix://${join(this.folder, "docker.sock")}`],
      // Nothing else of the host's network is changed: no rules.
      ...["--bridge", bridge, "--iptables=false", "--ip6tables=false", "--ip-forward=false"],
    ]);
    await eventually(() => this.run("docker", "info"));
  }

  async #startDaemon(name: string, program: string, args: readonly string[]): Promise<void> {
    const log = join(this.folder, `${name}.log`);
    await appendFile(log, "");
    const output = await open(log, "a");
    const dying = ["setpriv", "--pdeathsig", "TERM", program, ...args];
    const [first, ...rest] = [...this.launcher, ...dying] as [string, ...string[]];
    const child = this.#child(first, rest, output.fd);
    await output.close();
    child.on("exit", (code) => {
      if (code && !this.#stopping) process.stderr.write(`${name} ended with ${code}; its log: ${log}\n`);
    });
  }

  #child(command: string, args: readonly string[], output: "pipe" | number): ChildProcess {
    const env = { ...process.env, ...this.environment };
    const child = spawn(command, args, { env, stdio: ["ignore", output, output === "pipe" ? "inherit" : output] });
    child.on("error", (error) => process.stderr.write(`${command}: ${error.message}\n`));
    this.#processes.push(child);
    return child;
  }

  /** As the set-up has it: in its folder, or in the service's container, whose program needs no library. */
  async #program(name: string, installed: string, inContainer: string): Promise<string> {
    if (existsSync(installed)) return installed;
    const copy = join(this.folder, name === "registry" ? "docker-registry" : name);
    await run("docker", ["cp", inContainer, copy]);
    return copy;
  }
}
