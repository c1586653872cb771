// @ts-check
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below those that a kernel gives to whoever asks for any, from 32768 on with Linux: nobody comes by one of these by chance. */
const [first, last] = [20_000, 29_999];

/**
 * A TCP port of this machine's loopback address on which nothing listens. For as long as this process lives, nobody else is
 * given it here, also while nothing listens on it yet, or for a moment no more.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(first, last + 1);
    const letGo = await reserved(port);
    if (letGo === undefined) continue;
    if (await isFree(port)) return port;
    letGo();
  }
}

/**
 * Takes the UDP port of the same number for a sign that the TCP port is given away. The kernel takes the sign down when this
 * process ends, however that is.
 * @param {number} port @returns {Promise<(() => void) | undefined>} What lets go of it; undefined where it is another's.
 */
function reserved(port) {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4").unref();
    socket.on("error", (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(() => socket.close()));
  });
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    // On all addresses: what listens on these has it on each.
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
