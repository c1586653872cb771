import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import type { KnownRelease } from "../../components/knownReleases.ts";
import { download, showsFlaskUploadDemo, uploaded } from "../apps/flaskUploadDemo.ts";
import { eventually } from "../support/eventually.ts";
import { compileTime, GcpApp } from "../support/gcpApp.ts";

// The tutorial's story, step by step, on one stack: the nginx variant on a VM, its uploads in a bucket. Later steps build on
// earlier ones. The VM boots, pulls, mounts and releases for real; what the embedded cloud stands in for is the cloud itself.
describe("flask-upload-demo behind nginx, on a VM with its uploads in a bucket", () => {
  let app: GcpApp;
  let http: string;
  let bucket: string;
  /** What was uploaded at the start. */
  let kept: string;
  const bytes = randomBytes(1_000_000);
  const pageFile = "app/demo/templates/page.html";
  const startFile = "run/gunicorn.conf.py";
  const sound = 'worker_class = "gthread"\n';
  const fire = 'raise SystemExit("the database is on fire")\n';

  beforeAll(async () => {
    app = await GcpApp.prepare("flask-upload-demo", { app: "nginx", volumes: { uploads: { storage: "bucket" } } });
    bucket = `${app.project}-storage`;
  });
  afterAll(() => app?.remove());

  const page = async () => (await download(http, "/")).body.toString();
  const isServed = async () => expect((await download(http, kept)).body.equals(bytes)).toBe(true);
  const releases = async () => (await app.stack.outputs()).releases as readonly KnownRelease[];
  const release = async () => (await releases())[0]?.id as string;
  /** The only container of the app, as one of the release before may be about to end. */
  const container = () =>
    eventually(async () => {
      const running = await app.inside("docker ps --filter label=retrofit.service=web --format '{{.Names}} {{.ID}}'");
      expect(running.split("\n")).toHaveLength(1);
      return running;
    });

  it(
    "comes up with one command, and gives its address",
    async () => {
      const { changes } = await app.up();
      http = await app.http();
      expect(changes).toEqual({ create: expect.any(Number) });
      expect(await app.stack.outputs()).toEqual({
        url: `${http}/`,
        endpoints: { "web:8080": `${http}/` },
        address: expect.stringMatching(/^[\d.]+$/),
        buckets: { uploads: bucket },
        images: { web: expect.stringMatching(new RegExp(`^gcr\\.io/${app.project}/.+/web@sha256:[0-9a-f]{64}$`)) },
        releases: [{ id: expect.stringMatching(/^[0-9a-f]{12}$/), images: (await app.stack.outputs()).images }],
      });
    },
    compileTime,
  );

  it("does what the app does", () => showsFlaskUploadDemo({ http }));

  it("puts what is uploaded into the bucket, as an object of its name", async () => {
    kept = await uploaded(http, "zestful-logo.png", bytes);
    expect(kept).toBe("/uploads/zestful-logo.png");
    const objects = (await app.cloud("objects", bucket)).split("\n");
    expect(objects).toContain(`gs://${bucket}/zestful-logo.png\t${bytes.length}`);
    expect(await objectHash("zestful-logo.png")).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it("shows a folder that somebody else put into the bucket", async () => {
    await app.inside(
      `${asVm} -X POST --data-binary 'from elsewhere' -H 'Content-Type: text/plain' \\
        "https://storage.googleapis.com/upload/storage/v1/b/${bucket}/o?uploadType=media&name=team/notes.txt"`,
    );
    await eventually(async () => {
      expect((await download(http, "/uploads/team/notes.txt")).body.toString()).toBe("from elsewhere");
    });
  });

  it("has the app's own log in the cloud's", async () => {
    await eventually(async () =>
      expect(await app.cloud("logs", app.project)).toContain('Saving uploaded file "zestful-logo.png" to '),
    );
  });

  it("has nothing to do when nothing has changed", async () => {
    const before = await container();
    for (const preview of [await app.stack.preview(), await app.stack.preview("--refresh")]) {
      expect(preview.ok, preview.messages).toBe(true);
      expect(preview.steps.filter((step) => !step.startsWith("refresh"))).toEqual([]);
    }
    expect(await app.up()).toMatchObject({ steps: [] });
    expect(await container()).toBe(before);
  });

  it("loses nothing with its VM: same bytes, same address, from a new one", async () => {
    const before = await app.machine();
    await app.cloud("kill");
    await expect(fetch(http, { signal: AbortSignal.timeout(2000) })).rejects.toThrow();

    const { steps } = await app.up("--refresh");
    expect(steps.filter((step) => !step.startsWith("refresh"))).toEqual(["create flask-upload-demo-vm-instance"]);
    expect(await app.machine()).not.toBe(before);
    expect(await app.http()).toBe(http);
    await isServed();
    expect((await download(http, "/uploads/team/notes.txt")).body.toString()).toBe("from elsewhere");
  });

  it("releases a changed source file without a failed request, on the same VM", async () => {
    const machine = await app.machine();
    const before = await release();
    await app.edit(pageFile, "</body>", "<p>Second release</p></body>");

    // Enough of them that some have a request on its way whenever their connections are closed.
    const load = new Load(http, 16);
    const { steps } = await app.up();
    await eventually(async () => expect(await page()).toContain("Second release"));
    // Until the containers that served before are gone.
    await container();
    await load.stop();
    // The tags and the machine both wait for the image only.
    expect(steps.toSorted()).toEqual([
      "update flask-upload-demo-vm-instance",
      "update flask-upload-demo-web-image",
      "update flask-upload-demo-web-tags",
    ]);
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);
    expect(await app.machine()).toBe(machine);
    expect(await app.http()).toBe(http);
    const [now, earlier, ...more] = await releases();
    expect([now?.id === before, earlier?.id, more]).toEqual([false, before, []]);
    await isServed();
  });

  it("serves on with the release before when a new one crashes, and says which container and its last lines", async () => {
    const before = await release();
    const running = await container();
    await app.edit(startFile, sound, fire + sound);

    const load = new Load(http, 4);
    const outcome = await app.stack.up();
    await load.stop();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toMatch(
      /^error: The release did not come up: service "web" \(container retrofit-web-[0-9a-f]{12}\) was restarted 3 times/,
    );
    expect(outcome.messages).toContain("the database is on fire");
    expect(outcome.messages).toContain("pulumi config set --path 'retrofit:images.web' gcr.io/");
    expect([load.failed, await release(), await container()]).toEqual([0, before, running]);
    expect(await page()).toContain("Second release");
    await isServed();
  });

  it("goes back to a release by its id, and forward again", async () => {
    const [, before] = await releases();
    await app.configure({ release: before?.id });
    await app.up();
    expect(await page()).not.toContain("Second release");
    expect(await release()).toBe(before?.id);

    await app.edit(startFile, fire, "");
    await app.configure();
    await app.up();
    expect(await page()).toContain("Second release");
    await isServed();
  });

  it("keeps its release over a reboot of the VM", async () => {
    const boot = () => app.inside("cat /proc/sys/kernel/random/boot_id /proc/1/stat | cut -d' ' -f22");
    const before = await boot();
    await app.cloud("reboot");
    await eventually(async () => expect(await boot()).not.toBe(before));
    await eventually(async () => expect(await page()).toContain("Second release"));
    await eventually(isServed);
  });

  it("has its bucket again when the process that mounts it is killed", async () => {
    const mounter = () => app.inspect("bucket.uploads", "{{.State.Pid}}");
    const before = await mounter();
    await app.inside(`kill -9 ${before}`);
    await eventually(async () => expect(["0", before]).not.toContain(await mounter()));
    await eventually(isServed);
    const again = await uploaded(http, "after-the-fall.bin", bytes);
    expect(await app.cloud("objects", bucket)).toContain(again.replace("/uploads/", `gs://${bucket}/`));
  });

  it("is there again when the VM's Docker engine is killed", async () => {
    await app.inside("kill -9 $(pidof dockerd)");
    await eventually(() => app.inside("docker version"));
    await eventually(isServed);
    await eventually(() => uploaded(http, "after-the-second-fall.bin", bytes));
  });

  /** `curl` with the token of the VM's account. */
  const asVm = `curl -sf -H "Authorization: Bearer $(curl -sf -H 'Metadata-Flavor: Google' \\
    http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token | cut -d'"' -f4)"`;

  const objectHash = async (name: string) => {
    const url = `https://storage.googleapis.com/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`;
    return (await app.inside(`${asVm} '${url}' | sha256sum`)).split(" ")[0];
  };
});
