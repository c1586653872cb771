/** One entry of a container's log. */
export interface Entry {
  /** As the engine has it, to the nanosecond: `2026-01-02T03:04:05.678901234Z`. */
  readonly at: string;
  readonly text: string;
}

const headerLength = 8;

/**
 * The entries of what the engine's log endpoint sends with timestamps: https://docs.docker.com/reference/api/engine/ "Stream
 * format". Lines that the engine has kept in pieces are put together.
 * @param tty whether the container has a terminal: then nothing is framed
 */
export async function* entries(stream: AsyncIterable<Buffer>, tty: boolean): AsyncGenerator<Entry> {
  const begun: Entry[] = [];
  for await (const piece of tty ? lines(stream) : frames(stream)) {
    const space = piece.text.indexOf(" ");
    const part = { at: piece.text.slice(0, space), text: piece.text.slice(space + 1) };
    const before = begun[piece.source];
    const entry = before ? { at: before.at, text: before.text + part.text } : part;
    if (entry.text.endsWith("\n")) {
      delete begun[piece.source];
      yield { at: entry.at, text: entry.text.replace(/\r?\n$/, "") };
    } else {
      begun[piece.source] = entry;
    }
  }
  for (const entry of begun) if (entry) yield entry;
}

interface Piece {
  /** 1 = stdout, 2 = stderr. */
  readonly source: number;
  readonly text: string;
}

async function* frames(stream: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerLength) {
      const end = headerLength + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { source: rest[0] ?? 1, text: rest.toString("utf8", headerLength, end) };
      rest = rest.subarray(end);
    }
  }
}

async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const text of parts) yield { source: 1, text: `${text}\n` };
  }
  if (rest !== "") yield { source: 1, text: rest };
}
