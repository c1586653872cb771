import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

// What apps may take for granted of the official images. Where Docker Hub answers, these are the official ones, and it holds
// as well; otherwise it shows how far the stand-ins are like them.
const containers: string[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "base-images-"));
});

afterAll(() => rm(folder, { recursive: true }));

afterEach(async () => {
  for (const id of containers.splice(0)) await docker("rm", "--force", "--volumes", id);
});

async function start(...args: string[]): Promise<string> {
  const id = await docker("run", "--detach", ...args);
  containers.push(id);
  return id;
}

/** Runs a command in a network that it shares with the container. */
function beside(id: string, ...args: string[]): Promise<string> {
  return docker("run", "--rm", "--network", `container:${id}`, ...args);
}

/** Waits until a container has logged a text. */
async function logged(id: string, text: string): Promise<void> {
  await eventually(async () => expect(await docker("logs", id)).toContain(text));
}

async function stopped(id: string): Promise<string> {
  await docker("stop", "--time", "120", id);
  return docker("inspect", "--format", "{{.State.ExitCode}}", id);
}

describe("what the images say about themselves", () => {
  it.each([
    ["debian:trixie-slim", { Cmd: ["bash"] }],
    ["python:3.13-slim", { Cmd: ["python3"] }],
    [
      "nginx:1.28",
      {
        Cmd: ["nginx", "-g", "daemon off;"],
        Entrypoint: ["/docker-entrypoint.sh"],
        ExposedPorts: { "80/tcp": {} },
        StopSignal: "SIGQUIT",
      },
    ],
    [
      "postgres:17",
      {
        Cmd: ["postgres"],
        Entrypoint: ["docker-entrypoint.sh"],
        ExposedPorts: { "5432/tcp": {} },
        StopSignal: "SIGINT",
        Volumes: { "/var/lib/postgresql/data": {} },
      },
    ],
    [
      "redis:8",
      {
        Cmd: ["redis-server"],
        Entrypoint: ["docker-entrypoint.sh"],
        ExposedPorts: { "6379/tcp": {} },
        Volumes: { "/data": {} },
        WorkingDir: "/data",
      },
    ],
    [
      "ghcr.io/ferretdb/ferretdb:1.24",
      {
        Entrypoint: ["/ferretdb"],
        ExposedPorts: { "27017/tcp": {}, "27018/tcp": {}, "8088/tcp": {} },
        User: "ferretdb:ferretdb",
        Volumes: { "/state": {} },
      },
    ],
  ])("%s", async (image, expected) => {
    const config = JSON.parse(await docker("image", "inspect", "--format", "{{json .Config}}", image));
    expect(config).toMatchObject(expected);
    const variables: string[] = config.Env ?? [];
    expect(variables.filter((variable) => /^(PIP_|SSL_|[a-z_]*proxy=)/i.test(variable))).toEqual([]);
  });
});

describe("python:3.13-slim", () => {
  const run = (script: string) => docker("run", "--rm", "--network", "none", "python:3.13-slim", "sh", "-euc", script);

  it("is laid out as one built from source, in /usr/local", async () => {
    const paths =
      'import sys, sysconfig; print(sys.prefix, sysconfig.get_path("purelib"), sysconfig.get_path("include"))';
    expect(await run(`which python python3 pip pip3; python -c '${paths}'`)).toBe(
      [
        ...["python", "python3", "pip", "pip3"].map((name) => `/usr/local/bin/${name}`),
        "/usr/local /usr/local/lib/python3.13/site-packages /usr/local/include/python3.13",
      ].join("\n"),
    );
  });

  it("installs packages, outside and inside of virtual environments", async () => {
    const wheel = `import zipfile
with zipfile.ZipFile("/tmp/hello-1.0-py3-none-any.whl", "w") as file:
    file.writestr("hello.py", "def main(): print(__file__)")
    file.writestr("hello-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: hello\\nVersion: 1.0\\n")
    file.writestr("hello-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    file.writestr("hello-1.0.dist-info/entry_points.txt", "[console_scripts]\\nhello = hello:main\\n")
    file.writestr("hello-1.0.dist-info/RECORD", "")`;
    const answer = await run(`python -c '${wheel}'
install="install --quiet --no-index --root-user-action ignore /tmp/hello-1.0-py3-none-any.whl"
python -m venv /venv; /venv/bin/pip $install; /venv/bin/hello
pip $install --prefix /prefix; find /prefix -name hello.py
pip $install; /usr/local/bin/hello; test -f /usr/local/lib/python3.13/site-packages/hello.py
pip uninstall --quiet --yes --root-user-action ignore hello; test ! -e /usr/local/lib/python3.13/site-packages/hello.py`);
    expect(answer.split("\n").map((line) => line.replace("dist-packages", "site-packages"))).toEqual([
      "/venv/lib/python3.13/site-packages/hello.py",
      "/prefix/lib/python3.13/site-packages/hello.py",
      "/usr/local/lib/python3.13/site-packages/hello.py",
    ]);
  });

  it("has the standard library's modules in C, certificates and time zones, and no compiled files", async () => {
    const modules = "bz2, ctypes, curses, dbm.ndbm, lzma, readline, sqlite3, ssl, uuid, zlib, zoneinfo";
    const script = `import ${modules}; print(ssl.create_default_context().cert_store_stats()["x509_ca"] > 100, zoneinfo.ZoneInfo("Europe/Berlin"))`;
    expect(await run(`python -B -c '${script}'; find /usr/local -name "*.pyc" | wc -l`)).toBe("True Europe/Berlin\n0");
  });
});

describe("nginx:1.28", () => {
  it("renders templates, listens on IPv6 too, logs to the container and ends by SIGQUIT", async () => {
    const template = join(folder, "site.conf.template");
    await writeFile(template, "server { listen 8080; location / { return 200 '$host $" + "{WHO}'; } }\n");
    const id = await start(
      "--env",
      "WHO=ada",
      "--volume",
      `${template}:/etc/nginx/templates/site.conf.template`,
      "nginx:1.28",
    );
    const get = (path: string) =>
      docker("exec", id, "curl", "--silent", "--show-error", "--fail", `http://localhost${path}`);
    expect(await eventually(() => get(":8080/"))).toBe("localhost ada");
    expect(await get("/")).toContain("Welcome to nginx!");
    expect(await docker("exec", id, "cat", "/etc/nginx/conf.d/default.conf")).toContain("listen  [::]:80;");
    await logged(id, '"GET / HTTP/1.1" 200');
    expect(await docker("exec", id, "id", "nginx")).toBe("uid=101(nginx) gid=101(nginx) groups=101(nginx)");
    expect(await stopped(id)).toBe("0");
  });

  it("has streams built in and runs with a read-only root", async () => {
    const conf = join(folder, "nginx.conf");
    await writeFile(conf, 'events {}\nstream { server { listen 9000; return "hello"; } }\n');
    const tmpfs = ["--read-only", "--tmpfs", "/run", "--tmpfs", "/var/cache/nginx"];
    const id = await start(...tmpfs, "--volume", `${conf}:/etc/nginx/nginx.conf:ro`, "nginx:1.28");
    const talk = [
      "python",
      "-c",
      'import socket; print(socket.create_connection(("127.0.0.1", 9000)).recv(99).decode())',
    ];
    await eventually(async () => expect(await beside(id, "python:3.13-slim", ...talk)).toBe("hello"));
  });
});

describe("postgres:17", () => {
  // From another host: on its own, everybody is trusted.
  async function query(id: string, sql: string, ...options: string[]): Promise<string> {
    const address = await docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", id);
    const psql = ["psql", "-h", address, "-U", "app", "-d", "shop", "-Atc", sql];
    return docker("run", "--rm", ...options, "postgres:17", ...psql);
  }

  it("makes database and user, runs scripts once, and keeps its data", async () => {
    const password = `it's a "pass" $word`;
    await writeFile(join(folder, "password"), `${password}\n`);
    await writeFile(join(folder, "1.sql"), "create table t (n int); insert into t values (1);");
    await writeFile(join(folder, "2.sql.gz"), gzipSync("insert into t values (2);"));
    await writeFile(
      join(folder, "3.sh"),
      'psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -c "insert into t values (3)"\n',
    );
    const scripts = ["1.sql", "2.sql.gz", "3.sh"].flatMap((name) => [
      ...["--volume", `${join(folder, name)}:/docker-entrypoint-initdb.d/${name}:ro`],
    ]);
    const id = await start(
      ...[
        "--volume",
        `${join(folder, "password")}:/run/secrets/password:ro`,
        "--env",
        "POSTGRES_PASSWORD_FILE=/run/secrets/password",
      ],
      ...["--env", "POSTGRES_USER=app", "--env", "POSTGRES_DB=shop", "--env", "POSTGRES_INITDB_ARGS=--data-checksums"],
      ...[...scripts, "postgres:17", "-c", "max_connections=42"],
    );
    const given = ["--env", `PGPASSWORD=${password}`];
    expect(await eventually(() => query(id, "select sum(n) from t", ...given))).toBe("6");
    expect(await query(id, "show max_connections", ...given)).toBe("42");
    expect(await query(id, "show data_checksums", ...given)).toBe("on");
    await expect(query(id, "select 1", "--env", "PGPASSWORD=wrong")).rejects.toThrow("password authentication failed");
    expect(await docker("exec", id, "stat", "--format", "%u:%g %a", "/var/lib/postgresql/data")).toBe("999:999 700");
    await query(id, "insert into t values (4)", ...given);
    expect(await stopped(id)).toBe("0");
    await docker("start", id);
    expect(await eventually(() => query(id, "select sum(n) from t", ...given))).toBe("10");
    await logged(id, "Skipping initialization");
  });

  it("runs as any user, and refuses to be without a password", async () => {
    const data = ["--tmpfs", "/var/lib/postgresql/data:uid=1234,mode=0700"];
    const settings = ["--env", "POSTGRES_USER=app", "--env", "POSTGRES_DB=shop"];
    const id = await start("--user", "1234:1234", ...data, ...settings, "--env", "POSTGRES_PASSWORD=x", "postgres:17");
    expect(await eventually(() => query(id, "select current_user", "--env", "PGPASSWORD=x"))).toBe("app");
    await expect(docker("run", "--rm", "postgres:17")).rejects.toThrow("superuser password is not specified");
  });
});

describe("redis:8", () => {
  it("answers other hosts, as its own user, and saves when it ends", async () => {
    const id = await start("redis:8", "--save", "60", "1");
    const address = await docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", id);
    const cli = (...args: string[]) => docker("run", "--rm", "redis:8", "redis-cli", "-h", address, ...args);
    await eventually(async () => expect(await cli("set", "key", "value")).toBe("OK"));
    expect(await docker("exec", id, "stat", "--format", "%u:%g", "/data", "/proc/1")).toBe("999:999\n999:999");
    expect(await stopped(id)).toBe("0");
    await docker("start", id);
    const again = await docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", id);
    const get = () => docker("run", "--rm", "redis:8", "redis-cli", "-h", again, "get", "key");
    await eventually(async () => expect(await get()).toBe("value"));
  });

  it("takes a configuration file, and protects itself where that says so", async () => {
    const conf = join(folder, "redis.conf");
    await writeFile(conf, "port 7000\nprotected-mode yes\n");
    const id = await start("--volume", `${conf}:/etc/redis.conf:ro`, "redis:8", "/etc/redis.conf");
    const address = await docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", id);
    await eventually(async () => expect(await beside(id, "redis:8", "redis-cli", "-p", "7000", "ping")).toBe("PONG"));
    expect(await docker("run", "--rm", "redis:8", "redis-cli", "-h", address, "-p", "7000", "ping")).toContain(
      "DENIED",
    );
  });
});

/** Inserts a document by MongoDB's wire protocol. */
const insertion = `import socket, struct
def bson(value):
    out = b""
    for key, item in value.items():
        name = key.encode() + b"\\0"
        if isinstance(item, str): out += b"\\x02" + name + struct.pack("<i", len(item) + 1) + item.encode() + b"\\0"
        elif isinstance(item, int): out += b"\\x10" + name + struct.pack("<i", item)
        elif isinstance(item, list): out += b"\\x04" + name + bson({str(i): each for i, each in enumerate(item)})
        else: out += b"\\x03" + name + bson(item)
    return struct.pack("<i", len(out) + 5) + out + b"\\0"
body = bytes(5) + bson({"insert": "things", "documents": [{"_id": 1}], "$db": "shop"})
server = socket.create_connection(("127.0.0.1", 27017))
server.sendall(struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body)
print(b"\\x01ok\\0" + struct.pack("<d", 1) in server.recv(9999))`;

describe("ferretdb:1.24", () => {
  it("speaks MongoDB's protocol and keeps its data in /state", async () => {
    const settings = ["--env", "FERRETDB_HANDLER=sqlite", "--env", "FERRETDB_TELEMETRY=disable"];
    const id = await start(...settings, "ghcr.io/ferretdb/ferretdb:1.24");
    const insert = () => beside(id, "python:3.13-slim", "python", "-c", insertion);
    await eventually(async () => expect(await insert()).toBe("True"));
    const list = ["python", "-c", 'import os; print(sorted(os.listdir("/state")))'];
    const files = await docker("run", "--rm", "--volumes-from", id, "--user", "1000", "python:3.13-slim", ...list);
    expect(files).toContain("'shop.sqlite'");
    expect(await stopped(id)).toBe("0");
  });
});
