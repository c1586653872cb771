// @ts-check
import { createServer } from "node:net";

/** Ports below those that Linux gives to whoever asks for any: nobody is given one of them between the answer here and its use. */
const [first, count] = [16_384, 16_384];
/** Ports that a process has for itself before it comes to those of another. */
const own = 16;

let next = (process.pid * own) % count;

/** A port of this machine's loopback address that nothing uses, and that no other process is told soon. @returns {Promise<number>} */
export async function freePort() {
  for (let tried = 0; tried < count; tried++) {
    const port = first + next;
    next = (next + 1) % count;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${first} to ${first + count - 1} is free`);
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    // On all addresses: what listens on these has it on each.
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
