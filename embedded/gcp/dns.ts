import { createSocket, type Socket } from "node:dgram";
import { readFileSync } from "node:fs";

/** `metadata.google.internal` and the DNS server of every instance. */
export const metadataAddress = "169.254.169.254";
/** `private.googleapis.com`: where Google's APIs, its registries and public ones are for instances. */
export const apiAddress = "199.36.153.8";

const names: readonly [RegExp, string][] = [
  [/^metadata(\.google\.internal)?$/, metadataAddress],
  [/(^|\.)(googleapis\.com|gcr\.io|pkg\.dev)$/, apiAddress],
  [/^(((registry-1|auth|index)\.)?docker\.io|ghcr\.io)$/, apiAddress],
];

/** Seconds that an answer may be kept. */
const keep = 30;

interface Question {
  readonly name: string;
  /** 1 = A, 28 = AAAA. */
  readonly type: number;
  /** Where it ends in the message. */
  readonly end: number;
}

/** The question of a DNS message (RFC 1035, 4.1); undefined where it is not just one. */
export function questionOf(message: Buffer): Question | undefined {
  if (message.length < 17 || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let offset = 12;
  for (let length = message[offset] ?? 0; length > 0; length = message[offset] ?? 0) {
    if (length > 63 || offset + length + 1 >= message.length) return undefined;
    labels.push(message.toString("latin1", offset + 1, offset + 1 + length));
    offset += length + 1;
  }
  if (offset + 5 > message.length) return undefined;
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(offset + 1), end: offset + 5 };
}

/** The address of a name that the cloud itself answers for. */
export function addressOf(name: string): string | undefined {
  return names.find(([pattern]) => pattern.test(name))?.[1];
}

/** The answer to a query for a name that has that IPv4 address and no other records. */
export function answerTo(query: Buffer, { type, end }: Question, address: string): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (query.readUInt16BE(2) & 0x0100), 2); // a response, no error, recursion available
  header.writeUInt16BE(type === 1 ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  if (type !== 1) return Buffer.concat([header, query.subarray(12, end)]);
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc00c, 0); // the name of the question
  record.writeUInt16BE(1, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(keep, 6);
  record.writeUInt16BE(4, 10);
  address.split(".").forEach((part, index) => {
    record[12 + index] = Number(part);
  });
  return Buffer.concat([header, query.subarray(12, end), record]);
}

/** The first DNS server that this machine uses. */
function upstream(): string | undefined {
  try {
    return /^nameserver\s+([\d.]+)/m.exec(readFileSync("/etc/resolv.conf", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** Answers the instances' queries; what is not Google's is asked of this machine's own server. */
export async function serveDns(address: string, port: number): Promise<{ port: number; close(): void }> {
  const server = createSocket("udp4");
  server.on("message", (query, from) => {
    const question = questionOf(query);
    const known = question && addressOf(question.name);
    const reply = (message: Buffer) => server.send(message, from.port, from.address, () => undefined);
    if (question && known) reply(answerTo(query, question, known));
    else forward(query, reply);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.bind(port, address, () => {
      server.off("error", reject);
      server.on("error", () => undefined); // an unreachable guest is none of ours
      resolve();
    });
  });
  return { port: server.address().port, close: () => server.close() };
}

function forward(query: Buffer, reply: (message: Buffer) => void): void {
  const server = upstream();
  if (server === undefined) return;
  const socket: Socket = createSocket("udp4");
  const timer = setTimeout(() => socket.close(), 5000);
  socket.on("message", (message) => {
    clearTimeout(timer);
    socket.close();
    reply(message);
  });
  socket.on("error", () => undefined);
  socket.send(query, 53, server, () => undefined);
}
