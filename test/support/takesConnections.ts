import { connect } from "node:net";

/** Whether a port takes connections from this machine, which is the world for an embedded cloud. */
export function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket
      .on("connect", () => end(true))
      .on("timeout", () => end(false))
      .on("error", () => end(false));
  });
}
