import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { LaunchType, Plan } from "../../../../components/aws/taskDefinition/model.ts";
import { writeContext } from "../../../../components/buildContext.ts";
import type { App, File, Mount, Service } from "../../../../compose/model.ts";
import { app, service, volume } from "../../../support/app.ts";
import { container, planned, render } from "./rendered.ts";

const folder = mkdtempSync(join(tmpdir(), "storage-"));

beforeAll(() => {
  const files = {
    "site.conf": "listen 80;\n",
    "run.sh": "#!/bin/sh\n",
    "server.key": "k3y",
    "binary.p12": Buffer.from([0, 255, 1]),
    "logo.png": Buffer.from([0x89, 0x50, 0, 255]),
    "photo.png": Buffer.alloc(49_000, 255),
    "html/index.html": "<p>",
    "html/img/logo.svg": "<svg>",
    "tls/server.crt": "certificate",
    "tls/server.key": "k3y",
    "tls/deep/other.pem": "-----BEGIN PRIVATE KEY-----\nk3y\n",
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: path.endsWith(".sh") ? 0o755 : 0o644 });
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

function bind(source: string, target: string, more: Partial<Extract<Mount, { kind: "bind" }>> = {}): Mount {
  return { kind: "bind", source: join(folder, source), target, readOnly: true, createHostPath: false, ...more };
}

function mounted(name: string, target: string, more: Partial<Extract<Mount, { kind: "volume" }>> = {}): Mount {
  return { kind: "volume", volume: name, target, readOnly: false, noCopy: false, ...more };
}

function file(target: string, more: Partial<File> = {}): File {
  return { name: "pw", kind: "secret", target, content: { secret: ["s3cret"] }, mode: 0o444, ...more };
}

const volumes = [
  volume("data"),
  volume("uploads", { storage: "bucket" }),
  volume("static", { storage: "image", imageOf: "web" }),
];

function whole(more: Partial<Service>, others: readonly Service[] = []): App {
  return { ...app([service("web", more), ...others], volumes), file: join(folder, "compose.yaml") };
}

interface Outcome {
  readonly plan: Plan;
  readonly mounts: readonly string[];
  readonly volumes: readonly string[];
  /** The arguments of the container that prepares, one step a line. */
  readonly steps: readonly string[];
  readonly dockerfile: (image: string) => string[];
}

function outcome(launchType: LaunchType, more: Partial<Service>, others: readonly Service[] = [], of = "web"): Outcome {
  const read = whole(more, others);
  const plan = planned(read, launchType);
  const all = render(read, plan);
  const task = all.filter(({ containerDefinitions }) => containerDefinitions.some(({ name }) => name === of));
  const prepare = task
    .flatMap(({ containerDefinitions }) => containerDefinitions)
    .find(({ name }) => name === "retrofit-prepare");
  const { mountPoints } = container(task, of);
  return {
    plan,
    mounts: mountPoints.map((each) => `${each.sourceVolume} ${each.containerPath}${each.readOnly ? " read-only" : ""}`),
    volumes: task.flatMap((each) =>
      each.volumes.map(({ name, dockerVolumeConfiguration: docker, efsVolumeConfiguration: efs }) => {
        return `${name} ${docker ? `docker ${docker.scope}` : efs ? "efs" : "task"}`;
      }),
    ),
    steps: (prepare?.command ?? []).join(" ").split(/ (?=seed |file )/),
    dockerfile: (image) => {
      const found = plan.images.find(({ name }) => name === image)?.context.get("Dockerfile");
      return found?.kind === "file" ? `${found.content}`.trimEnd().split("\n") : [];
    },
  };
}

it("keeps disks in file systems, which on Fargate are filled from the image as Docker does", () => {
  const fargate = outcome("fargate", { mounts: [mounted("data", "/data")] });
  expect(fargate.mounts).toEqual(["data /data"]);
  expect(fargate.volumes).toEqual(["data efs"]);
  expect(fargate.steps).toEqual(["seed /seed/data /volumes/data"]);
  expect(fargate.dockerfile("prepare-web").at(-1)).toBe(
    'RUN --mount=type=bind,from=image-of-web,target=/image ["/bin/sh","/prepare","take","/image","/data","/seed/data"]',
  );
  const ec2 = outcome("ec2", { mounts: [mounted("data", "/data")] });
  expect([ec2.mounts, ec2.volumes, ec2.steps]).toEqual([["data /data"], ["data efs"], [""]]);
});

it.each([
  ["a bucket", mounted("uploads", "/up")],
  ["what it only reads", mounted("data", "/data", { readOnly: true })],
  ["what is not to be filled", mounted("data", "/data", { noCopy: true })],
])("fills nothing into %s", (_, mount) => {
  const { steps, plan } = outcome("fargate", { mounts: [mount] });
  expect(steps).toEqual([""]);
  expect(plan.images).toEqual([]);
});

it("gives a bucket one owner for all who use it, and a disk none but the containers' own", () => {
  const { plan } = outcome("fargate", { mounts: [mounted("uploads", "/up"), mounted("data", "/data")] });
  expect(Object.fromEntries(plan.fileSystems)).toEqual({
    data: { storage: "disk", path: "/data", creationInfo: { ownerUid: 0, ownerGid: 0, permissions: "0755" } },
    uploads: {
      storage: "bucket",
      path: "/uploads",
      posixUser: { uid: 1000, gid: 1000 },
      creationInfo: { ownerUid: 1000, ownerGid: 1000, permissions: "0777" },
    },
  });
});

it("hands an image's files to the others: on Fargate a copy, on EC2 the volume that its own container fills first", () => {
  const mounts = [mounted("static", "/srv/static")];
  const nginx = service("nginx", { mounts: [mounted("static", "/www", { readOnly: true })] });
  const fargate = outcome("fargate", { mounts }, [nginx], "nginx");
  expect(fargate.mounts).toEqual(["nginx-www /www read-only"]);
  expect(fargate.steps).toEqual(["seed /seed/nginx-www /volumes/nginx-www"]);
  expect(fargate.dockerfile("prepare-nginx").at(-1)).toContain('"take","/image","/srv/static","/seed/nginx-www"');
  // What the image has is there without a volume.
  expect(outcome("fargate", { mounts }, [nginx]).mounts).toEqual([]);

  const ec2 = outcome("ec2", { mounts }, [nginx], "nginx");
  expect(ec2.mounts).toEqual(["static /www read-only"]);
  expect(ec2.volumes).toEqual(["static docker task"]);
  const read = whole({ mounts }, [nginx]);
  expect(container(render(read, planned(read, "ec2")), "nginx").dependsOn).toEqual([
    { containerName: "web", condition: "START" },
  ]);
});

it.each(["fargate", "ec2"] as const)("puts single files into the image, and secrets beside it, on %s", (launchType) => {
  const { plan, mounts, steps, dockerfile } = outcome(launchType, {
    mounts: [
      bind("site.conf", "/etc/nginx/site.conf"),
      bind("run.sh", "/run $it.sh"),
      bind("server.key", "/etc/nginx/server.key"),
    ],
    files: [
      file("/etc/app.conf", { name: "conf", kind: "config", content: "a = 1\n", uid: 33, gid: 34, mode: 0o440 }),
      file("/run/secrets/pw"),
      file("/root/.pgpass", { uid: 70, mode: 0o400 }),
    ],
    stopSignal: "SIGQUIT",
  });
  expect(dockerfile("web-with-files")).toEqual([
    "# The image of web, with what its compose file adds to it.",
    "FROM base",
    'COPY --chown=33:34 ["files/0","/etc/app.conf"]',
    'COPY ["links/1/","/etc/nginx/"]',
    'COPY --chown=0:0 ["files/2","/etc/nginx/site.conf"]',
    'COPY ["links/3/","/root/"]',
    'COPY --chown=0:0 ["files/4","/run \\\\$it.sh"]',
    "STOPSIGNAL SIGQUIT",
  ]);
  // By --chmod the folders that are made for them would have it too.
  const context = plan.images.find(({ name }) => name === "web-with-files")?.context;
  const modes = [0, 2, 4].map((number) => context?.get(`files/${number}`));
  expect(modes).toMatchObject([{ mode: 0o440 }, { mode: 0o444 }, { mode: 0o555 }]);
  expect(mounts).toEqual(["web-secrets /run/secrets read-only"]);
  expect(steps).toEqual([
    "file 0444 0:0 /volumes/web-secrets/pw FILE_0",
    "file 0400 70:0 /volumes/web-secrets/.linked/root/.pgpass FILE_1",
    "file 0444 0:0 /volumes/web-secrets/.linked/etc/nginx/server.key FILE_2",
  ]);
  expect([...plan.secrets]).toEqual([
    ["bind-server.key", { kind: "file", content: "k3y" }],
    ["secret-pw", { kind: "text", text: { secret: ["s3cret"] } }],
  ]);
  // Without a seed of its own, whatever the task.
  expect(plan.tasks[0]?.preparation).toBe("prepare");
});

it("fills a folder into a volume, its secrets apart, and what belongs into the folder too", () => {
  const { plan, mounts, steps } = outcome("fargate", {
    mounts: [bind("tls", "/etc/tls")],
    files: [file("/etc/tls/extra.conf", { kind: "config", name: "extra", content: "b" }), file("/etc/tls/pw")],
  });
  expect(mounts).toEqual(["web-etc-tls /etc/tls read-only"]);
  expect(steps).toEqual([
    "seed /seed/web-etc-tls /volumes/web-etc-tls",
    "file 0444 0:0 /volumes/web-etc-tls/extra.conf FILE_0",
    "file 0444 0:0 /volumes/web-etc-tls/pw FILE_1",
    "file 0444 0:0 /volumes/web-etc-tls/deep/other.pem FILE_2",
    "file 0444 0:0 /volumes/web-etc-tls/server.key FILE_3",
  ]);
  expect([...plan.secrets.keys()]).toEqual(["bind-tls-deep-other.pem", "bind-tls-server.key", "secret-pw"]);
  const read = whole({ mounts: [bind("tls", "/etc/tls")] });
  expect(container(render(read, planned(read, "fargate")), "retrofit-prepare").environment).toEqual([]);
});

it("carries bytes that are no text in base64", () => {
  const { plan, steps } = outcome("fargate", { mounts: [bind("binary.p12", "/run/secrets/store.p12")] });
  expect(steps).toEqual(["file 0444 0:0 /volumes/web-secrets/store.p12 FILE_0:base64"]);
  expect(plan.secrets.get("bind-binary.p12")).toEqual({ kind: "file", content: "AP8B" });
});

it("carries bytes that are no text in base64 below a volume, too, and counts them as what they become", () => {
  const below = (source: string) => [mounted("data", "/data"), bind(source, `/data/${source}`)];
  const app = whole({ mounts: below("logo.png") });
  const { command, environment } = container(render(app, planned(app, "fargate")), "retrofit-prepare");
  expect(command?.slice(3)).toEqual(["file", "0444", "0:0", "/volumes/data/logo.png", "FILE_0:base64"]);
  expect(environment).toEqual([{ name: "FILE_0", value: "iVAA/w==" }]);

  const text = whole({ mounts: below("site.conf") });
  const plain = container(render(text, planned(text, "fargate")), "retrofit-prepare");
  expect([plain.command?.at(-1), plain.environment]).toEqual(["FILE_0", [{ name: "FILE_0", value: "listen 80;\n" }]]);

  const large = whole({ mounts: below("photo.png") });
  expect(() => render(large, planned(large, "fargate"))).toThrow(
    /^The task definition of web: it has 6[67]\d{3} bytes, and ECS takes 65536\. Put long environment values into files of the image, and files that are bound below a volume elsewhere\.$/,
  );
});

it.each([
  ["a folder to be kept", bind("html", "/logs", { readOnly: false, cloud: "disk" }), ["bind-html /logs"], "efs"],
  ["a folder to be left out", bind("html", "/logs", { readOnly: false, cloud: "drop" }), ["web-logs /logs"], "task"],
  ["a file to be left out", bind("site.conf", "/etc/site.conf", { readOnly: false, cloud: "drop" }), [], ""],
  ["a folder that is read and left out", bind("tls", "/etc/tls", { cloud: "drop" }), [], ""],
])("mounts of %s what it says", (_, mount, mounts, kind) => {
  const found = outcome("fargate", { mounts: [mount] });
  expect(found.mounts).toEqual(mounts);
  expect(found.volumes.join()).toMatch(new RegExp(`${kind}$`));
  // Writable and begun with what the image has; nothing of this machine's goes anywhere.
  expect(found.steps.join()).toMatch(mounts.length > 0 ? /^seed / : /^$/);
  expect([...found.plan.secrets.keys()]).toEqual([]);
});

it("writes the folders that images are built from the same each time, readable for all, secrets left out", () => {
  const contexts = join(folder, "contexts");
  const read = whole({ mounts: [bind("tls", "/etc/tls"), bind("html", "/www"), bind("server.key", "/key")] });
  const { images } = planned(read, "fargate", contexts);
  for (let times = 0; times < 2; times++) {
    for (const { build, context } of images) writeContext(build.context, context);
    expect(images.map(({ name }) => name).sort()).toEqual(["prepare-web", "web-with-files"]);
    const written = readdirSync(contexts, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(contexts.length + 1));
    expect(written.sort()).toEqual([
      "prepare-web/Dockerfile",
      "prepare-web/folders/web-etc-tls/server.crt",
      "prepare-web/folders/web-www/img/logo.svg",
      "prepare-web/folders/web-www/index.html",
      "prepare-web/prepare",
      "web-with-files/Dockerfile",
      "web-with-files/links/0/key",
    ]);
    // What somebody left there is gone the next time.
    writeFileSync(join(contexts, "prepare-web", "left"), "");
  }
  expect(readlinkSync(join(contexts, "web-with-files/links/0/key"))).toBe("/run/secrets/.linked/key");
  const all = execFileSync("find", [contexts, "-not", "-type", "l", "-printf", "%m %P\n"], { encoding: "utf8" });
  expect(
    new Set(
      all
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ),
  ).toEqual(new Set(["755", "644"]));
  expect(statSync(join(contexts, "prepare-web/prepare")).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(contexts, "prepare-web/Dockerfile"), "utf8")).toContain(
    'COPY ["folders/web-www/","/seed/web-www/"]',
  );
});

it("builds what it adds for the platform of the service", () => {
  const bound = (name: string, platform?: string) =>
    service(name, {
      ...(platform === undefined ? {} : { platform }),
      mounts: [
        {
          kind: "bind",
          source: join(folder, "site.conf"),
          target: "/etc/site.conf",
          readOnly: true,
          createHostPath: false,
        },
        {
          kind: "bind",
          source: join(folder, "server.key"),
          target: "/etc/server.key",
          readOnly: true,
          createHostPath: false,
        },
      ],
    });
  const plan = planned(app([bound("arm", "linux/arm64"), bound("web")]), "fargate");
  expect(Object.fromEntries(plan.images.map(({ name, build }) => [name, build.platforms]))).toEqual({
    "arm-with-files": ["linux/arm64"],
    "prepare-linux-arm64": ["linux/arm64"],
    "web-with-files": [],
    prepare: [],
  });
});
