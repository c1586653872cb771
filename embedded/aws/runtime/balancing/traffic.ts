import { setTimeout as sleep } from "node:timers/promises";

/** One request or connection that is under way. */
export interface Exchange {
  readonly cut: () => void;
  /** Bytes so far, both ways. */
  readonly bytes: () => number;
  /** Whether the client was the last to say something, and may wait for an answer. */
  readonly asked?: () => boolean;
}

/** Milliseconds between two looks at what is under way, and without a byte until it counts as quiet. */
const [glance, silence] = [50, 300];

/** What is under way to one target. */
export class Traffic {
  readonly #exchanges = new Set<Exchange>();
  #idle: (() => void)[] = [];

  /** @returns what says that it is over */
  enter(exchange: Exchange): () => void {
    this.#exchanges.add(exchange);
    return () => {
      if (!this.#exchanges.delete(exchange) || this.#exchanges.size > 0) return;
      for (const tell of this.#idle.splice(0)) tell();
    };
  }

  get count(): number {
    return this.#exchanges.size;
  }

  /** Waits until nothing is under way. @param longest milliseconds */
  async ended(longest: number): Promise<void> {
    if (this.#exchanges.size === 0) return;
    const controller = new AbortController();
    const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
    await Promise.race([idle, sleep(longest, undefined, { signal: controller.signal })]);
    controller.abort();
  }

  /** Waits until nothing moves on what is open and nobody waits for an answer: connections kept for later do not count. @param longest milliseconds */
  async quiet(longest: number): Promise<void> {
    const sum = () => [...this.#exchanges].reduce((total, { bytes }) => total + bytes(), 0);
    const deadline = Date.now() + longest;
    for (let [last, since] = [sum(), Date.now()]; this.#exchanges.size > 0 && Date.now() < deadline; ) {
      await sleep(glance);
      const bytes = sum();
      const asked = [...this.#exchanges].some((exchange) => exchange.asked?.());
      if (bytes !== last || asked) [last, since] = [bytes, Date.now()];
      else if (Date.now() - since >= silence) return;
    }
  }

  cut(): void {
    for (const { cut } of this.#exchanges) cut();
  }
}

/** How many of something there were lately. */
export class Rate {
  /** By second. */
  readonly #counts = new Map<number, number>();

  add(at = Date.now()): void {
    const second = Math.floor(at / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    for (const old of this.#counts.keys()) if (old < second - 60) this.#counts.delete(old);
  }

  /** @param seconds of which is asked, 60 at most */
  within(seconds: number, at = Date.now()): number {
    const second = Math.floor(at / 1000);
    return [...this.#counts].reduce((sum, [then, count]) => (then > second - seconds ? sum + count : sum), 0);
  }
}
