/** `npm run bench -- gcp`: the embedded Google Cloud against the same app by plain Docker Compose. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { download, uploaded } from "../test/apps/flaskUploadDemo.ts";
import { root } from "../test/support/stack.ts";
import { ComposeApp } from "./composeApp.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { answered, Load } from "./load.ts";
import { measure, median, repeated, seconds, show } from "./measure.ts";
import { race, Side } from "./side.ts";
import { versus } from "./versus.ts";

const rounds = 5;
const megabytes = 18;

const demo = await deployedDemo("gcp");
const http = await demo.url();
const empty = await EmptyProgram.create(root);
const nginx = await ComposeApp.start(join(demo.stack.folder, "compose"), "nginx", demo.environment);
const gunicorn = await ComposeApp.start(join(demo.stack.folder, "basic"), "basic", demo.environment);
try {
  await boot();
  await releases();
  await files();
  await storedFile();
  await nothing();
} finally {
  await gunicorn.remove();
  await nginx.remove();
  await empty.remove();
  await demo.stack.remove();
}

/** Images are there already on both sides. */
async function boot(): Promise<void> {
  const cloud = (command: string) =>
    measure("node", ["embedded/gcp/cli.ts", command], { ...demo.stack.environment }, root);
  const machine = await repeated(rounds, async () => {
    await cloud("halt");
    return answered(http, cloud("start"));
  });
  const containers = await repeated(rounds, async () => {
    await nginx.stop();
    return answered(nginx.url, nginx.start());
  });
  show("From off to the first healthy answer", [
    ["VM: system, bucket, app", seconds(machine)],
    ["docker compose start", seconds(containers)],
    ["ratio", (machine / containers).toFixed(2)],
  ]);
}

function releases(): Promise<void> {
  const ours = new Side(http, demo.app, demo.up);
  return race(ours, new Side(nginx.url, nginx.folder, () => nginx.up()), rounds);
}

async function files(): Promise<void> {
  const bytes = randomBytes(megabytes * 1024 * 1024);
  const sides = { bucket: http, disk: nginx.url };
  const took: Record<string, { up: number; down: number }> = {};
  for (const [side, url] of Object.entries(sides)) {
    const address = url.replace(/\/$/, "");
    const up: number[] = [];
    const down: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const sent = await timed(() => uploaded(address, `${round}-${process.pid}.bin`, bytes));
      const got = await timed(() => download(address, sent.result));
      up.push(sent.seconds);
      down.push(got.seconds);
    }
    took[side] = { up: median(up), down: median(down) };
  }
  const { bucket, disk } = took as Record<"bucket" | "disk", { up: number; down: number }>;
  const rate = (value: number) => `${(megabytes / value).toFixed(0)} MB/s`;
  show(`A file of ${megabytes} MB, through nginx and the app: upload, download`, [
    ["bucket mount", rate(bucket.up), rate(bucket.down)],
    ["local disk", rate(disk.up), rate(disk.down)],
    ["ratio of times", (bucket.up / disk.up).toFixed(2), (bucket.down / disk.down).toFixed(2)],
  ]);
}

/** What the tutorial claims of nginx. */
async function storedFile(): Promise<void> {
  const perSecond = async (url: string) => {
    const path = await uploaded(url.replace(/\/$/, ""), "small.bin", randomBytes(10_000));
    const load = new Load(new URL(path, url).href, 8);
    await sleep(5000);
    await load.stop();
    return load.requests / 5;
  };
  const [byNginx, byGunicorn] = [await perSecond(nginx.url), await perSecond(gunicorn.url)];
  show("A stored file of 10 KB, requests a second", [
    ["nginx", byNginx.toFixed(0)],
    ["gunicorn", byGunicorn.toFixed(0)],
    ["ratio", (byNginx / byGunicorn).toFixed(2)],
  ]);
}

async function nothing(): Promise<void> {
  const name = "flask-upload-demo on gcp";
  await versus("No change: preview", rounds, [name, demo.preview], ["empty program", () => empty.preview()]);
  await versus("No change: up", rounds, [name, demo.up], ["empty program", () => empty.up()]);
}

async function timed<T>(act: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const started = performance.now();
  const result = await act();
  return { result, seconds: (performance.now() - started) / 1000 };
}
