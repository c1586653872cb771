/** The process that is the embedded cloud: `node embedded/gcp/daemon/main.ts <folder>`. Started by whoever needs it first. */
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../tools/context.mjs";
import { goToolPath } from "../../../tools/goTool.mjs";
import { machineImage } from "../../../tools/steps/machine.mjs";
import { gcsEmulator } from "../../../tools/versions.mjs";
import { connect } from "../../docker/connect.ts";
import { Cloud } from "../cloud.ts";
import { takeLock } from "./lock.ts";
import type { Contact } from "./protocol.ts";
import { DaemonServer } from "./server.ts";
import { sourceVersion } from "./version.ts";

/** Milliseconds that an empty cloud waits for something to do, before and after it had something. */
const patience = { before: 60_000, after: 3000 };

async function main(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!takeLock(join(folder, "daemon.lock"))) return;
  const { env } = process;
  const cloud = new Cloud({
    folder,
    docker: connect({}).docker,
    machineImage: machineImage(),
    emulator: goToolPath(cacheFolder(env), "fake-gcs-server", gcsEmulator.version),
    registry: env.RETROFIT_REGISTRY ?? "127.0.0.1:5050",
    log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  });
  await cloud.start();

  const contactFile = join(folder, "daemon.json");
  const secret = randomBytes(24).toString("base64url");
  let timer: NodeJS.Timeout | undefined;
  let used = !cloud.isEmpty();
  const stop = () => {
    rmSync(contactFile, { force: true });
    cloud.stop();
    // What has been answered must still arrive.
    setTimeout(() => process.exit(0), 100);
  };
  const end = async () => {
    if (!daemon.idle || !cloud.isEmpty()) return;
    await cloud.dispose();
    stop();
  };
  const idle = () => {
    clearTimeout(timer);
    if (!cloud.isEmpty()) used = true;
    else timer = setTimeout(() => void end(), used ? patience.after : patience.before);
  };
  const daemon = new DaemonServer(cloud, secret, stop, idle);
  const { port } = await daemon.listen();
  const contact: Contact = { pid: process.pid, port, secret, version: sourceVersion() };
  writeFileSync(contactFile, JSON.stringify(contact), { mode: 0o600 });
  idle();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
}

// Machines depend on this process: what goes wrong in one request must not end it.
for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (error: Error) => {
    process.stdout.write(`${new Date().toISOString()} ${error?.stack ?? error}\n`);
  });
}
main(process.argv[2] ?? "").catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
