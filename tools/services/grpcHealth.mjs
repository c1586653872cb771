// @ts-check
import { connect } from "node:http2";
import { createConnection } from "node:net";

/**
 * Whether a gRPC server on a Unix socket answers.
 * @param {string} socket @param {string} method `/moby.buildkit.v1.Control/Info`, called with an empty message.
 * @param {number} patience Milliseconds.
 * @returns {Promise<boolean>}
 */
export function grpcAnswers(socket, method, patience) {
  return new Promise((resolve) => {
    const session = connect("http://localhost", { createConnection: () => createConnection(socket) });
    /** @param {boolean} answer */
    const done = (answer) => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(false), patience);
    session.on("error", () => done(false));
    const call = session.request({
      ":method": "POST",
      ":path": method,
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.on("error", () => done(false));
    call.on("response", (headers) => headers["grpc-status"] !== undefined && done(headers["grpc-status"] === "0"));
    call.on("trailers", (trailers) => done(trailers["grpc-status"] === "0"));
    call.on("end", () => done(false));
    call.resume();
    call.end(Buffer.alloc(5)); // uncompressed, no bytes
  });
}
