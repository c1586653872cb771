import { median, type Run, seconds, show, succeeded } from "./measure.ts";

/** A command and what it is called. */
export type Contender = readonly [name: string, command: () => Promise<Run>];

/** Runs two commands in turn, so that both meet the same machine, and prints what they take, and how many times the other. */
export async function versus(title: string, rounds: number, ours: Contender, theirs: Contender): Promise<void> {
  const runs: Record<string, Run[]> = {};
  // The first round fills the caches.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, command] of [ours, theirs]) {
      const run = succeeded(await command());
      if (round > 0) runs[name] = [...(runs[name] ?? []), run];
    }
  }
  const figures = [ours, theirs].map(([name]) => ({
    name,
    time: median((runs[name] ?? []).map((run) => run.seconds)),
    memory: median((runs[name] ?? []).map(({ memory }) => memory)),
  }));
  const [one, other] = figures as [(typeof figures)[0], (typeof figures)[0]];
  show(`${title}; medians of ${rounds} runs, memory of the largest single process`, [
    ["", "time", "memory"],
    ...figures.map(({ name, time, memory }) => [name, seconds(time), `${memory.toFixed(0)} MiB`]),
    ["ratio", (one.time / other.time).toFixed(2), (one.memory / other.memory).toFixed(2)],
  ]);
}
