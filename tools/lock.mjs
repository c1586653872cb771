// @ts-check
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two tries. */
const interval = 300;

/**
 * Does something while no other process does so for the same folder; waits for its turn. The lock is a name in Linux's
 * abstract namespace of sockets, which the kernel frees when its holder dies, however it dies: no lock is ever stale.
 * @template T
 * @param {string} folder @param {() => void} waiting Called once where another process is at it. @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(folder, waiting, work) {
  mkdirSync(folder, { recursive: true });
  // The same path may be another folder in another root of the same kernel.
  const { dev, ino } = statSync(folder);
  const identity = createHash("sha256")
    .update(`${realpathSync(folder)} ${dev} ${ino}`)
    .digest("hex");
  const name = `\0retrofit-${identity.slice(0, 32)}`;
  let server = await listen(name);
  if (!server) waiting();
  while (!server) {
    await sleep(interval);
    server = await listen(name);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

/** @param {string} name @returns {Promise<import("node:net").Server | undefined>} Undefined where the name is taken. */
function listen(name) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.unref();
    server.on("error", (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}
