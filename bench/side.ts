import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { secondsUntil, underLoad } from "./load.ts";
import { median, type Run, show, succeeded } from "./measure.ts";

/** One of several that are released in turn, under load. */
export class Side {
  readonly #url: string;
  readonly #folder: string;
  readonly #command: () => Promise<Run>;
  readonly #answered: number[] = [];
  #requests = 0;
  #failed = 0;

  /** @param folder of flask-upload-demo's sources @param command releases what is in them */
  constructor(url: string, folder: string, command: () => Promise<Run>) {
    this.#url = url;
    this.#folder = folder;
    this.#command = command;
  }

  /** Changes one line and releases it. */
  async release(mark: string): Promise<void> {
    const page = join(this.#folder, "app/demo/templates/page.html");
    const marked = (found: string) => `<p>mark ${mark}</p>${found === "</body>" ? found : ""}`;
    await writeFile(page, (await readFile(page, "utf8")).replace(/<p>mark .*<\/p>|<\/body>/, marked));
    const { result, load } = await underLoad(this.#url, () => {
      const started = performance.now();
      return Promise.all([secondsUntil(this.#url, `mark ${mark}`, started), this.#command().then(succeeded)]);
    });
    const [seconds] = result;
    this.#answered.push(seconds);
    this.#requests += load.requests;
    this.#failed += load.failed;
  }

  /** Forget what was measured: the first round fills the caches. */
  reset(): void {
    this.#answered.length = 0;
    this.#requests = this.#failed = 0;
  }

  /** Seconds until the new release answers, the median. */
  get seconds(): number {
    return median(this.#answered);
  }

  /** Time, requests and failed ones, for a table. */
  get cells(): string[] {
    return [`${this.seconds.toFixed(2)} s`, `${this.#requests}`, `${this.#failed}`];
  }
}

/**
 * Releases both in turn, without the first round, which fills the caches, and prints what they took.
 * @param beside what else each round does, so that it meets the same machine
 */
export async function race(
  ours: Side,
  theirs: Side,
  rounds: number,
  beside?: (round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const side of [ours, theirs]) {
      await side.release(`${round}`);
      if (round === 0) side.reset();
    }
    await beside?.(round);
  }
  show(`One changed line until the new release answers; medians of ${rounds} rounds under load`, [
    ["", "time", "requests", "failed"],
    ["retrofit: pulumi up", ...ours.cells],
    ["docker compose up --build -d", ...theirs.cells],
    ["ratio", (ours.seconds / theirs.seconds).toFixed(2), "", ""],
  ]);
}
