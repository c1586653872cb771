// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so.
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { readApp } from "../../../compose/read.ts";
import { service } from "../../support/app.ts";
import { project, read, refusal, two, web } from "./project.ts";

const minimal = "services: { web: { image: nginx } }";

test("the least that an app can be", async () => {
  const folder = await project(minimal);
  expect(await readApp({ file: folder, target: "docker", projectName: "app" })).toEqual({
    name: "app",
    file: join(folder, "compose.yaml"),
    services: new Map([["web", service("web", { image: { kind: "registry", reference: "nginx" } })]]),
    builds: new Map(),
    networks: new Map([["default", { name: "default", internal: false, driverOpts: {}, labels: {}, subnets: [] }]]),
    volumes: new Map(),
    expose: [],
    warnings: [],
  });
});

test("the app's name: the file's, the configuration's, the folder's", async () => {
  expect((await read(`name: mine\n${minimal}`, { projectName: undefined })).name).toBe("mine");
  expect((await read(`name: mine\n${minimal}`)).name).toBe("app");
  const folder = await project(minimal);
  const app = await readApp({ file: folder, target: "docker" });
  expect(app.name).toBe(basename(folder).toLowerCase());
});

test("a folder's file, its override, a file by name, and COMPOSE_FILE", async () => {
  const image = (reference: string) => `services: { web: { image: "${reference}" } }`;
  const folder = await project({
    "docker-compose.yml": image("nginx:1"),
    "docker-compose.override.yml": image("nginx:2"),
    "other.yaml": image("nginx:3"),
    "more.yaml": "services: { web: { user: me } }",
  });
  const web = async (file: string, environment = {}) =>
    (await readApp({ file, target: "docker", environment })).services.get("web");
  expect((await web(folder))?.image.reference).toBe("nginx:2");
  expect((await web(join(folder, "docker-compose.yml")))?.image.reference).toBe("nginx:1");
  const both = await web(folder, { COMPOSE_FILE: "other.yaml:more.yaml" });
  expect([both?.image.reference, both?.user]).toEqual(["nginx:3", "me"]);
});

test("paths are seen from the file, wherever the program runs and whatever includes it", async () => {
  const folder = await project({
    "compose.yaml": "include: [sub/compose.yaml]\nservices: { web: { image: nginx, volumes: ['./a:/a', '~/b:/b'] } }",
    "sub/compose.yaml": "services: { db: { build: ., env_file: db.env } }",
    "sub/Dockerfile": "FROM scratch",
    "sub/db.env": "A=b",
  });
  await mkdir(join(folder, "a"));
  const app = await readApp({ file: folder, target: "docker", environment: { HOME: "/home/me" } });
  expect(app.services.get("web")?.mounts.map((mount) => mount.kind === "bind" && mount.source)).toEqual([
    join(folder, "a"),
    "/home/me/b",
  ]);
  expect(app.services.get("db")?.image).toMatchObject({
    build: { context: join(folder, "sub"), dockerfile: join(folder, "sub/Dockerfile") },
  });
});

test("services come after what they depend on, by name among equals", async () => {
  const app = await read(`services:
  a: { image: x, depends_on: [z, m] }
  b: { image: x }
  m: { image: x, depends_on: [z] }
  z: { image: x, links: [y] }
  y: { image: x }
`);
  expect([...app.services.keys()]).toEqual(["y", "z", "m", "a", "b"]);
});

test("a service that another waits to complete is a job, and so is one that is said to be", async () => {
  const awaited = await read(two("depends_on: { db: { condition: service_completed_successfully } }", ""));
  expect(awaited.services.get("db")?.job).toBe(true);
  const said = await read(two("depends_on: [db]", "restart: on-failure:3"), {
    extension: { services: { db: { job: true } } },
  });
  expect(said.services.get("db")).toMatchObject({ job: true, restart: { policy: "on-failure", maxRetries: 3 } });
  expect(said.services.get("web")?.dependsOn).toEqual({ db: "completed" });
});

test("a service that does nothing is a job too: it is there for its image alone", async () => {
  const job = async (fields: string, extension = {}) =>
    (await read(web(fields), { extension })).services.get("web")?.job;
  expect(await job('entrypoint: "true"')).toBe(true);
  expect(await job("entrypoint: [/bin/true], command: [ignored]")).toBe(true);
  expect(await job("entrypoint: ['true'], restart: unless-stopped")).toBe(false);
  expect(await job("entrypoint: ['true']", { services: { web: { job: false } } })).toBe(false);
  // Its image may have an entrypoint that makes another thing of it.
  expect(await job("command: ['true']")).toBe(false);
});

test("the health of a service without a check in the file may be its image's own", async () => {
  const app = await read(two("depends_on: { db: { condition: service_healthy } }", ""));
  expect(app.services.get("web")?.dependsOn).toEqual({ db: "healthy" });
});

test("a service that is not there need not be waited for", async () => {
  const app = await read(
    two("depends_on: { db: { condition: service_healthy, required: false } }", "profiles: [extra]"),
  );
  expect([app.services.get("web")?.dependsOn, app.warnings]).toEqual([{}, []]);
});

test("host names: service, container_name, aliases and links, on the networks that both are on", async () => {
  const app = await read(`services:
  web: { image: x, links: ["db:database", db], networks: [front, back] }
  db: { image: x, container_name: pg, networks: { back: { aliases: [sql] }, admin: } }
networks: { front: , back: , admin: }
`);
  expect(app.services.get("db")?.networks).toEqual(
    new Map([
      ["admin", { aliases: ["db", "pg"] }],
      ["back", { aliases: ["database", "db", "pg", "sql"] }],
    ]),
  );
  expect(app.services.get("web")?.dependsOn).toEqual({ db: "started" });
  expect(app.warnings).toEqual([]);
});

test("images that are only built are kept apart", async () => {
  const app = await read({
    "compose.yaml":
      "services:\n  web: { build: { context: ., additional_contexts: { base: service:base } }, depends_on: [base] }\n  base: { build: ., scale: 0 }\n",
    Dockerfile: "FROM base",
  });
  expect([...app.services.keys()]).toEqual(["web"]);
  expect([...(app.builds?.keys() ?? [])]).toEqual(["base"]);
  expect(app.services.get("web")?.dependsOn).toEqual({});
});

test.each([
  ["restart: always", { policy: "always" }],
  ["restart: 'no'", { policy: "no" }],
  ["restart: on-failure", { policy: "on-failure" }],
  ["restart: on-failure:5", { policy: "on-failure", maxRetries: 5 }],
  ["deploy: { restart_policy: { condition: any } }", { policy: "always" }],
  ["deploy: { restart_policy: { condition: none } }", { policy: "no" }],
  [
    "restart: always, deploy: { restart_policy: { condition: on-failure, max_attempts: 2 } }",
    { policy: "on-failure", maxRetries: 2 },
  ],
])("%s", async (fields, restart) => {
  expect((await read(web(fields))).services.get("web")?.restart).toEqual(restart);
});

test("ports: ranges, addresses, protocols, and those that the engine chooses", async () => {
  const app = await read(web(`ports: ["80", "0:81", "8000-8002:9000-9002", "[::1]:82:82/udp", "127.0.0.1::83"]`));
  expect(app.services.get("web")?.ports).toEqual([
    { target: 80, protocol: "tcp" },
    { target: 81, protocol: "tcp" },
    { target: 9000, published: 8000, protocol: "tcp" },
    { target: 9001, published: 8001, protocol: "tcp" },
    { target: 9002, published: 8002, protocol: "tcp" },
    { target: 82, published: 82, protocol: "udp", hostIp: "::1" },
    { target: 83, protocol: "tcp", hostIp: "127.0.0.1" },
  ]);
});

test("one host port for two addresses, or for two protocols, is no clash", async () => {
  const app = await read(two(`ports: ["127.0.0.1:53:53", "53:53/udp"]`, `ports: ["127.0.0.2:53:53"]`));
  expect(app.services.size).toBe(2);
});

test("the extension of the file and the configuration's above it, field by field", async () => {
  const file = `${web(`ports: ["80:80", "81:81"], volumes: ["aa:/a", "bb:/b", "./x:/x", "./y:/y"]`, "volumes: { aa: , bb: }")}
x-retrofit:
  expose: [80]
  services: { web: { binds: { /x: disk, /y: drop } } }
  volumes: { aa: { storage: bucket, uid: 1, existing: "my-\${STAGE}" }, bb: { storage: image } }
`;
  const app = await read(file, {
    environment: { STAGE: "$test" },
    target: "gcp",
    extension: {
      expose: [81],
      services: { web: { binds: { "/y": "disk" } } },
      volumes: { aa: { uid: 2, dirMode: "0750" }, bb: { storage: "disk" } },
    },
  });
  expect(app.expose).toEqual([81]);
  expect(app.services.get("web")?.mounts.flatMap((mount) => (mount.kind === "bind" ? [mount.cloud] : []))).toEqual([
    "disk",
    "disk",
  ]);
  expect(app.volumes.get("aa")).toMatchObject({ storage: "bucket", uid: 2, existing: "my-$test", dirMode: 0o750 });
  expect(app.volumes.get("bb")).toMatchObject({ storage: "disk" });
  expect(app.warnings).toEqual([]);
});

test("an image is built for the platforms of its build, or else for that of its service", async () => {
  const file = (name: string, platform: string, platforms: string) =>
    `  ${name}: { ${platform} build: { context: ., ${platforms} } }\n`;
  const app = await read({
    "compose.yaml": `services:
${file("a", "platform: linux/arm64,", "")}${file("b", "platform: linux/arm64,", "platforms: [linux/arm64, linux/amd64]")}${file("c", "", "")}${file("d", "scale: 0, platform: linux/arm64,", "")}`,
    Dockerfile: "FROM scratch",
  });
  const builds = [...app.services].map(([name, { image }]) => [name, image.kind === "build" && image.build.platforms]);
  expect([...builds, ...[...(app.builds ?? [])].map(([name, build]) => [name, build.platforms])]).toEqual([
    ["a", ["linux/arm64"]],
    ["b", ["linux/arm64", "linux/amd64"]],
    ["c", []],
    ["d", ["linux/arm64"]],
  ]);
});

const filled = (web: string) => `services:
  nginx: { image: "nginx:1.28", volumes: ["static:/www:ro"] }
  web: { image: "python:3.13", volumes: ["static:/app/static"], ${web} }
  worker: { image: "python:3.13", volumes: ["static:/app/static"] }
volumes: { static: }
x-retrofit: { volumes: { static: { storage: image } } }
`;

test("what an image's files are for starts after the service with the image, on one engine and in one task", async () => {
  for (const [target, launchType, order] of [
    ["docker", undefined, ["web", "nginx", "worker"]],
    ["aws", "ec2", ["web", "nginx", "worker"]],
    ["aws", "fargate", ["nginx", "web", "worker"]],
    ["gcp", undefined, ["nginx", "web", "worker"]],
  ] as const) {
    const app = await read(filled(""), { target, ...(launchType ? { launchType } : {}) });
    expect([...app.services.keys()], target).toEqual(order);
    expect(app.volumes.get("static")?.imageOf, target).toBe("web");
  }
});

test("that a service with the image starts after what its files are for is refused where it cannot be", async () => {
  const files = filled("depends_on: [nginx]");
  const told =
    "compose.yaml:2: services.nginx.volumes has files of the image of web, which must therefore start first, in a cycle: " +
    "nginx -> web -> nginx. Remove one of the dependencies, or take storage: disk.";
  expect(await refusal(files)).toBe(told);
  expect(await refusal(files, { target: "aws", launchType: "ec2" })).toBe(told);
  expect([...(await read(files, { target: "gcp" })).services.keys()]).toEqual(["nginx", "web", "worker"]);
});

test("a writable bind that is copied is read-only on a cloud, and writable on Docker", async () => {
  const file = web(`volumes: ["./compose.yaml:/compose.yaml"]`);
  const extension = { services: { web: { binds: { "/compose.yaml": "copy" } } } } as const;
  for (const [target, readOnly] of [
    ["docker", false],
    ["gcp", true],
    ["aws", true],
  ] as const) {
    const [mount] = (await read(file, { target, extension })).services.get("web")?.mounts ?? [];
    expect(mount, target).toMatchObject({ kind: "bind", readOnly });
    expect(mount, target).not.toHaveProperty("cloud");
  }
});

test("a cloud opens 80 and 443 and what is listed", async () => {
  const files = two(`ports: ["80:80", "443:443"]`, `ports: ["5432:5432"]`);
  expect((await read(files)).warnings).toEqual([]);
  expect((await read(files, { target: "aws" })).warnings).toEqual([
    {
      where: "compose.yaml:3",
      field: "services.db.ports[0]",
      reason: "5432 is not opened to the world: to open it, list it under retrofit:expose",
    },
  ]);
  expect((await read(files, { target: "aws", extension: { expose: [5432] } })).warnings).toEqual([]);
});

test("the content of an image comes from the first service that mounts it writable", async () => {
  const app = await read(
    two(`volumes: ["files:/html:ro"], depends_on: [db]`, `volumes: ["files:/files"]`, "volumes: { files: }"),
    { extension: { volumes: { files: { storage: "image" } } } },
  );
  expect(app.volumes.get("files")).toMatchObject({ storage: "image", imageOf: "db" });
});

test("a folder that is to be made for logs need not exist; a bucket may hold uploads", async () => {
  const app = await read(web(`volumes: ["./logs:/var/log/nginx", "up:/srv/uploads"]`, "volumes: { up: }"), {
    extension: { volumes: { up: { storage: "bucket" } } },
  });
  expect(app.services.get("web")?.mounts).toMatchObject([{ kind: "bind", createHostPath: true }, { kind: "volume" }]);
});

test("what holds for several services is told once", async () => {
  const app = await read(
    "services: { c: { image: x, pids_limit: 1 }, a: { image: x, pids_limit: 1 }, b: { image: x, pids_limit: 1 } }",
  );
  expect(app.warnings).toEqual([
    {
      where: "compose.yaml:1",
      field: "services.a.pids_limit (and of b, c)",
      reason: "@pulumi/docker cannot set it: the container runs without this limit",
    },
  ]);
});
