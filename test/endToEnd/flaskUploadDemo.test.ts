import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { download, showsFlaskUploadDemo, uploaded } from "../apps/flaskUploadDemo.ts";
import { eventually } from "../support/eventually.ts";
import { copySources } from "../support/sources.ts";
import { containerOf, docker, TestStack } from "../support/stack.ts";

// The nginx variant on the docker target, from a copy of the app, so that a test may change a source file.
describe("flask-upload-demo behind nginx, on Docker", () => {
  let stack: TestStack;
  let http: string;
  let app: string;
  const bytes = randomBytes(200_000);

  beforeAll(async () => {
    const port = await freePort();
    http = `http://127.0.0.1:${port}`;
    stack = await TestStack.create({ app: "", environment: { HTTP_PORT: port } });
    app = join(stack.folder, "app");
    await copySources("docker/flask-upload-demo", app);
    await stack.configure({ app: join(app, "nginx"), environment: { HTTP_PORT: port } });
  });
  afterAll(() => stack?.remove());

  const mounted = async (format: string) => docker("inspect", "--format", format, await containerOf(stack, "web"));

  it("comes up with one command, and gives its address", async () => {
    const outcome = await stack.up();
    expect(outcome.messages).not.toMatch(/error/);
    expect(outcome.ok).toBe(true);
    expect(await stack.outputs()).toMatchObject({
      url: `${http}/`,
      endpoints: { "web:8080": `${http}/` },
      images: { web: expect.stringMatching(/^127\.0\.0\.1:5050\/flask-upload-demo-.+\/web@sha256:[0-9a-f]{64}$/) },
    });
  });

  it("does what the app does", () => showsFlaskUploadDemo({ http }));

  it("runs the digest that was built, unprivileged, and published on loopback only", async () => {
    const [container] = JSON.parse(await docker("inspect", await containerOf(stack, "web")));
    const { images } = (await stack.outputs()) as { images: { web: string } };
    const [image] = JSON.parse(await docker("image", "inspect", images.web));
    expect(container.Image).toBe(image.Id);
    expect(container.HostConfig).toMatchObject({ Privileged: false, ReadonlyRootfs: true });
    expect(container.HostConfig.PortBindings["8080/tcp"]).toMatchObject([{ HostIp: "127.0.0.1" }]);
    const processes = await own(container);
    expect(processes.map(({ command }) => command)).toEqual(
      expect.arrayContaining([expect.stringMatching(/gunicorn|python/), expect.stringMatching(/nginx/)]),
    );
    expect(processes.filter(({ user }) => user === "root")).toEqual([]);
  });

  it("has nothing to do when nothing has changed", async () => {
    const before = await containerOf(stack, "web");
    const preview = await stack.preview("--refresh");
    expect(preview.steps.filter((step) => !step.startsWith("refresh"))).toEqual([]);
    const outcome = await stack.up();
    expect(outcome).toMatchObject({ ok: true, steps: [] });
    expect(await containerOf(stack, "web")).toBe(before);
  });

  it("rebuilds one image and replaces one container for a changed source file, and keeps what was uploaded", async () => {
    const place = await uploaded(http, "kept.bin", bytes);
    const page = join(app, "app/demo/templates/page.html");
    await writeFile(page, (await readFile(page, "utf8")).replace("</body>", "<p>Second release</p></body>"));

    const outcome = await stack.up();
    expect(outcome.ok, outcome.messages).toBe(true);
    expect(outcome.changes).toMatchObject({ replace: 2, update: 2 });
    expect(await (await fetch(http)).text()).toContain("Second release");
    expect((await download(http, place)).body.equals(bytes)).toBe(true);
  });

  it("is started again when it is killed", async () => {
    const container = await containerOf(stack, "web");
    const pid = await docker("inspect", "--format", "{{.State.Pid}}", container);
    process.kill(Number(pid), "SIGKILL");
    await eventually(async () => {
      expect(await docker("inspect", "--format", "{{.State.Running}} {{.State.Pid}}", container)).toMatch(
        new RegExp(`^true (?!(0|${pid})$)`),
      );
      expect((await fetch(http)).status).toBe(200);
    });
    expect(await containerOf(stack, "web")).toBe(container);
  });

  it("is made again when its container was removed", async () => {
    const container = await containerOf(stack, "web");
    await docker("rm", "--force", container);
    const outcome = await stack.up("--refresh");
    expect(outcome.ok, outcome.messages).toBe(true);
    expect((await fetch(http)).status).toBe(200);
  });

  it("says which container, exit code and last lines when a release does not come up, and how to go back", async () => {
    const place = await uploaded(http, "survivor.bin", bytes);
    const source = join(app, "app/demo/app.py");
    const sound = await readFile(source, "utf8");
    const { images } = (await stack.outputs()) as { images: { web: string } };
    await writeFile(source, `raise SystemExit("the database is on fire")\n${sound}`);

    const outcome = await stack.up();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toMatch(
      /The release did not come up: service "web" \(container flask-upload-demo-web-\w+\)/,
    );
    expect(outcome.messages).toContain("the database is on fire");
    expect(outcome.messages).toContain(`pulumi config set --path 'retrofit:images.web' ${images.web}`);

    const port = Number(new URL(http).port);
    await stack.configure({ app: join(app, "nginx"), environment: { HTTP_PORT: port }, images: { web: images.web } });
    const back = await stack.up();
    expect(back.ok, back.messages).toBe(true);
    expect((await download(http, place)).body.equals(bytes)).toBe(true);

    await writeFile(source, sound);
    await stack.configure({ app: join(app, "nginx"), environment: { HTTP_PORT: port } });
    const mended = await stack.up();
    expect(mended.ok, mended.messages).toBe(true);
  });

  it("leaves nothing behind but what it is told to keep", async () => {
    const volume = await mounted(volumeOf);
    const network = await mounted("{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}");
    expect(volume).toMatch(/^flask-upload-demo-uploads-volume-\w+$/);
    expect(network).toMatch(/^flask-upload-demo-default-network-\w+$/);
    const outcome = await stack.destroy();
    expect(outcome.ok, outcome.messages).toBe(true);
    const left = await Promise.all([
      docker("ps", "--all", "--quiet", "--filter", `label=retrofit.stack=retrofit/${stack.name}`),
      docker("network", "ls", "--quiet", "--filter", `name=${network}`),
      docker("volume", "ls", "--quiet", "--filter", `name=${volume}`),
      docker("image", "ls", "--quiet", "--filter", `reference=127.0.0.1:5050/flask-upload-demo-${stack.name}/*`),
    ]);
    expect(left).toEqual(["", "", "", ""]);
  });

  it("keeps the volume where the stack says so", async () => {
    const port = Number(new URL(http).port);
    await stack.configure({ app: join(app, "nginx"), environment: { HTTP_PORT: port }, keepVolumes: true });
    expect((await stack.up()).ok).toBe(true);
    const volume = await mounted(volumeOf);
    expect((await stack.destroy()).ok).toBe(true);
    expect(await docker("volume", "ls", "--quiet", "--filter", `name=${volume}`)).toBe(volume);
    await docker("volume", "rm", volume);
  });
});

/** The engine names mounts in any order, and a tmpfs has no name. */
const volumeOf = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}{{end}}{{end}}';

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Pid: number };
}

/** The processes that a container has by itself: the first, and what came from it. Health checks come from the engine, and go. */
async function own({ Id, State }: Inspected): Promise<{ readonly user: string; readonly command: string }[]> {
  const lines = (await docker("top", Id, "-eo", "pid,ppid,user:20,comm")).split("\n").slice(1);
  const all = lines.map((line) => {
    const [pid, parent, user = "", command = ""] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), user, command };
  });
  const family = new Set([State.Pid]);
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => family.has(pid));
}
