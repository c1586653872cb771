import { createServer } from "node:net";

/** Addresses of this machine's loopback network that load balancers are given: 127.40.0.0 to 127.47.255.255. */
const first = 40;
const blocks = 8;

/**
 * The `n`-th address that a cloud may give, from 1 to 254: clouds that have the same 254 begin elsewhere among them.
 * @param id of the cloud: 8 hexadecimal digits
 */
export function loopbackAddress(id: string, n: number): string {
  const number = Number.parseInt(id, 16);
  const start = Math.floor(number / (blocks * 256));
  return `127.${first + (number % blocks)}.${Math.floor(number / blocks) % 256}.${((start + n - 1) % 254) + 1}`;
}

/** @throws where it is none of this machine's addresses, as on systems that give their loopback network only one */
export function tryAddress(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", ({ message }) =>
      reject(
        new Error(
          `the embedded cloud needs ${address} for a load balancer, which is no address of this machine: ${message}`,
        ),
      ),
    );
    server.listen(0, address, () => server.close(() => resolve()));
  });
}
