import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import type { KnownRelease } from "../../components/knownReleases.ts";
import { awsClient } from "../../embedded/aws/client.ts";
import { download, showsFlaskUploadDemo, uploaded } from "../apps/flaskUploadDemo.ts";
import { AwsApp } from "../support/awsApp.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

// The story of one stack, step by step: the nginx variant on Fargate, its uploads in a bucket that S3 Files mounts. Later steps
// build on earlier ones. Images, containers, files, load balancer and releases are real; AWS itself is the embedded one.
describe("flask-upload-demo behind nginx, on Fargate with its uploads in a bucket", () => {
  let app: AwsApp;
  let http: string;
  /** What was uploaded at the start. */
  let kept: string;
  const bytes = randomBytes(1_000_000);
  const pageFile = "app/demo/templates/page.html";
  const startFile = "run/gunicorn.conf.py";
  const sound = 'worker_class = "gthread"\n';
  const fire = 'raise SystemExit("the database is on fire")\n';

  beforeAll(async () => {
    app = await AwsApp.prepare("flask-upload-demo", { app: "nginx", volumes: { uploads: { storage: "bucket" } } });
  });
  afterAll(() => app?.remove());

  const page = async () => (await download(http, "/")).body.toString();
  const isServed = async () => expect((await download(http, kept)).body.equals(bytes)).toBe(true);
  const releases = async () => (await app.stack.outputs()).releases as readonly KnownRelease[];
  const release = async () => (await releases())[0]?.id as string;

  it("comes up with one command, and gives its address", async () => {
    const { changes } = await app.up();
    http = await app.http();
    expect(changes).toEqual({ create: expect.any(Number) });
    const outputs = await app.stack.outputs();
    expect(outputs).toEqual({
      url: expect.stringMatching(/^http:\/\/[\d.]+\/$/),
      endpoints: { "web:8080": `${http}/` },
      cluster: expect.stringMatching(/./),
      buckets: { uploads: expect.stringMatching(/./) },
      images: {
        web: expect.stringMatching(
          /^123456789012\.dkr\.ecr\.eu-central-1\.amazonaws\.com\/flask-upload-demo-t\w+\/web@sha256:[0-9a-f]{64}$/,
        ),
      },
      releases: [{ id: expect.stringMatching(/^[0-9a-f]{12}$/), images: outputs.images }],
      taskDefinitions: { web: expect.objectContaining({ requiresCompatibilities: ["FARGATE"] }) },
    });
  });

  it("does what the app does", () => showsFlaskUploadDemo({ http }));

  it("has the app's own log in the cloud's", async () => {
    kept = await uploaded(http, "zestful-logo.png", bytes);
    expect(kept).toBe("/uploads/zestful-logo.png");
    await eventually(async () =>
      expect(await app.cloud("logs")).toContain('Saving uploaded file "zestful-logo.png" to '),
    );
  });

  it("has nothing to do when nothing has changed", async () => {
    const before = await app.running("web");
    for (const preview of [await app.stack.preview(), await app.stack.preview("--refresh")]) {
      expect(preview.ok, preview.messages).toBe(true);
      expect(preview.steps.filter((step) => !step.startsWith("refresh"))).toEqual([]);
    }
    expect(await app.up()).toMatchObject({ steps: [] });
    expect(await app.running("web")).toEqual(before);
  });

  it("loses nothing with its task: same bytes, same address, from another one", async () => {
    const before = await app.running("web");
    await app.cloud("kill", "web");
    await eventually(async () => expect(await app.running("web")).not.toEqual(before));
    await eventually(isServed);
  });

  it("serves from two tasks that share the files, and from one of them while the other is replaced", async () => {
    await app.configure({ scaling: { web: { min: 2 } } });
    await app.up();
    const tasks = await app.running("web", 2);
    const name = kept.replace("/uploads/", "");
    for (const task of tasks) {
      const path = `/srv/demo-app/demo/uploads/${name}`;
      expect(await docker("exec", await app.container(task, "web"), "stat", "--format", "%s", path)).toBe(
        `${bytes.length}`,
      );
    }
    // Whoever has taken an upload, both have it at once.
    for (let round = 0; round < 10; round++) {
      const place = await uploaded(http, `round-${round}.bin`, Buffer.from(`${round}`));
      for (let again = 0; again < 4; again++) expect((await download(http, place)).body.toString()).toBe(`${round}`);
    }

    // Where none is healthy, load balancers ask those too that only begin.
    await eventually(async () => expect(await app.targets()).toEqual(["healthy", "healthy"]));
    const load = new Load(http, 4);
    await app.cloud("kill", tasks[0] as string);
    await eventually(async () => expect(await app.running("web", 2)).not.toContain(tasks[0]));
    await load.stop();
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);
    await isServed();
  });

  it("releases a changed source file without a failed request", async () => {
    const before = await release();
    const tasks = await app.running("web", 2);
    await app.edit(pageFile, "</body>", "<p>Second release</p></body>");

    const load = new Load(http, 4);
    await app.up();
    await load.stop();
    expect(await page()).toContain("Second release");
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);
    expect((await app.running("web", 2)).filter((task) => tasks.includes(task))).toEqual([]);
    expect(await app.http()).toBe(http);
    const [now, earlier] = await releases();
    expect([now?.id === before, earlier?.id]).toEqual([false, before]);
    await isServed();
  });

  it("serves on with the release before when a new one crashes, and says which container and its last lines", async () => {
    const before = await release();
    const tasks = await app.running("web", 2);
    await app.edit(startFile, sound, fire + sound);

    const load = new Load(http, 4);
    const outcome = await app.stack.up();
    await load.stop();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toMatch(
      /The release did not come up: service "web" was taken back to \S+: ECS deployment circuit breaker: .*container web exited with code 1\./,
    );
    expect(outcome.messages).toContain("the database is on fire");
    expect(outcome.messages).toContain("pulumi config set --path 'retrofit:images.web' 123456789012.dkr.ecr.");
    expect([load.failed, await release(), await app.running("web", 2)]).toEqual([0, before, tasks]);
    expect(await page()).toContain("Second release");
    await isServed();
  });

  it("goes back to a release by its id, and forward again", async () => {
    const [, before] = await releases();
    await app.configure({ release: before?.id });
    await app.up();
    expect(await page()).not.toContain("Second release");
    expect((await releases())[0]?.images).toEqual(before?.images);

    await app.edit(startFile, fire, "");
    await app.configure();
    await app.up();
    expect(await page()).toContain("Second release");
    await isServed();
  });

  it("is not destroyed with its bucket, until that is said", async () => {
    await app.configure({ destroyContent: false });
    expect((await app.up()).steps).toEqual(["update flask-upload-demo-uploads-bucket"]);
    // As everybody runs it: it is the preview that refuses.
    const refused = await app.stack.start("destroy", "--yes").done;
    expect(refused).toMatchObject({ ok: false, messages: expect.stringContaining("because it is protected") });
    await isServed();
    await app.configure();
    expect((await app.up()).steps).toEqual(["update flask-upload-demo-uploads-bucket"]);
  });

  it("leaves nothing behind once it is: no container, volume or network, and no daemon", async () => {
    const outcome = await app.stack.destroy();
    expect(outcome.ok, outcome.messages).toBe(true);
    await eventually(async () => expect(existsSync(app.stack.cloudFolder)).toBe(false));
    expect(await app.left()).toEqual([]);
    expect(awsClient(app.stack.cloudFolder).isRunning()).toBe(false);
  });
});
