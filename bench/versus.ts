import { median, type Run, seconds, show, succeeded } from "./measure.ts";

/** A command and what it is called. */
export type Contender = readonly [name: string, command: () => Promise<Run>];

/** Runs commands in turn, so that all meet the same machine, and prints what each takes, and how many times the last one of them. */
export async function versus(title: string, rounds: number, ...contenders: readonly Contender[]): Promise<void> {
  const runs: Record<string, Run[]> = {};
  // The first round fills the caches.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, command] of contenders) {
      const run = succeeded(await command());
      if (round > 0) runs[name] = [...(runs[name] ?? []), run];
    }
  }
  const figures = contenders.map(([name]) => ({
    name,
    time: median((runs[name] ?? []).map((run) => run.seconds)),
    memory: median((runs[name] ?? []).map(({ memory }) => memory)),
  }));
  const base = figures.at(-1) as (typeof figures)[0];
  show(`${title}; medians of ${rounds} runs, memory of the largest single process, and each against the last`, [
    ["", "time", "ratio", "memory", "ratio"],
    ...figures.map(({ name, time, memory }) => [
      name,
      seconds(time),
      (time / base.time).toFixed(2),
      `${memory.toFixed(0)} MiB`,
      (memory / base.memory).toFixed(2),
    ]),
  ]);
}
