import type { Container } from "dockerode";

/**
 * What a container wrote, both streams in order.
 * @param tail last lines only
 */
export async function readLogs(container: Container, tty: boolean, tail?: number): Promise<string> {
  const raw = await container.logs({
    stdout: true,
    stderr: true,
    follow: false,
    ...(tail === undefined ? {} : { tail }),
  });
  return logText(raw, tty);
}

/** What the engine sends of a container's output, as text. */
export function logText(raw: Buffer, tty: boolean): string {
  return (tty ? raw : demultiplexed(raw)).toString("utf8");
}

/** Without a terminal the engine puts 8 bytes before each piece: stream, three zeros, length. */
export function demultiplexed(raw: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let start = 0; start + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(start + 4);
    pieces.push(raw.subarray(start + 8, start + 8 + length));
    start += 8 + length;
  }
  return Buffer.concat(pieces);
}
