import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder, removeFolder } from "./folder.ts";
import { takeLock } from "./lock.ts";
import type { Contact } from "./protocol.ts";
import { type Answers, DaemonServer } from "./server.ts";
import { sourceVersion } from "./version.ts";

/** A cloud that a daemon keeps running. */
export interface Service {
  /** Starts again what ran when the cloud was stopped. */
  start(): Promise<void>;
  /** Whether there is nothing in it that somebody made and would miss. */
  isEmpty(): boolean;
  /** Ends the services. What they run goes on, but nobody answers it. */
  stop(): void | Promise<void>;
  /** Removes what is left of an empty cloud outside of its folder, which goes with the process. */
  dispose(): Promise<void>;
}

/** Milliseconds that an empty cloud waits for something to do, before and after it had something. */
const patience = { before: 60_000, after: 3000 };

/**
 * The whole life of the process that is a cloud: `node embedded/<cloud>/daemon/main.ts <folder>`, started by whoever needs it
 * first. Ends at once where the folder has a daemon already, and by itself when the cloud is empty.
 * @param answers what the cloud answers; its `stop` ends the daemon
 */
export function runDaemon<Cloud extends Service, Place>(
  main: string,
  make: (folder: string, log: (line: string) => void) => Cloud,
  answers: (cloud: Cloud, stop: () => void) => Answers<Place>,
): void {
  const folder = process.argv[2] ?? "";
  const log = (line: string) => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  // What runs depends on this process: what goes wrong in one request must not end it.
  for (const event of ["unhandledRejection", "uncaughtException"]) {
    process.on(event, (error: Error) => log(String(error?.stack ?? error)));
  }
  serve(main, folder, () => make(folder, log), answers, log).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}

async function serve<Cloud extends Service, Place>(
  main: string,
  folder: string,
  make: () => Cloud,
  answers: (cloud: Cloud, stop: () => void) => Answers<Place>,
  log: (line: string) => void,
): Promise<void> {
  if (!inFolder(folder, () => takeLock(join(folder, "daemon.lock")))) return;
  const cloud = make();
  await cloud.start();

  const contactFile = join(folder, "daemon.json");
  const secret = randomBytes(24).toString("base64url");
  let timer: NodeJS.Timeout | undefined;
  let used = !cloud.isEmpty();
  const stop = (last = () => {}) => {
    rmSync(contactFile, { force: true });
    // What has been answered must still arrive.
    const exit = () => {
      try {
        last();
      } finally {
        process.exit(0);
      }
    };
    void Promise.resolve(cloud.stop()).finally(() => setTimeout(exit, 100));
  };
  const end = async () => {
    if (!cloud.isEmpty() || !daemon.close()) return;
    // Who comes now starts the next daemon, which waits for the lock.
    rmSync(contactFile, { force: true });
    await cloud.dispose().then(
      () => stop(() => removeFolder(folder)),
      (error: Error) => {
        log(String(error.stack));
        stop();
      },
    );
  };
  const idle = () => {
    clearTimeout(timer);
    if (!cloud.isEmpty()) used = true;
    else timer = setTimeout(() => void end(), used ? patience.after : patience.before);
  };
  const daemon = new DaemonServer(
    answers(cloud, () => stop()),
    secret,
    idle,
  );
  const { port } = await daemon.listen();
  const contact: Contact = { pid: process.pid, port, secret, version: sourceVersion(main) };
  writeFileSync(contactFile, JSON.stringify(contact), { mode: 0o600 });
  idle();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stop());
}
