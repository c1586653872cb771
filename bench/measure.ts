import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What one run of a command took. */
export interface Run {
  readonly seconds: number;
  /** Peak memory of its largest single process, MiB. */
  readonly memory: number;
  readonly code: number | null;
}

/** @throws where the command has failed */
export function succeeded(run: Run): Run {
  if (run.code !== 0) throw new Error(`the command ended with ${run.code}`);
  return run;
}

/** Run a command and measure it with all that it starts. Peak memory is the kernel's own high-water mark (Linux). */
export async function measure(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Run> {
  const started = performance.now();
  const child = spawn(command, args, { env, cwd, stdio: ["ignore", "ignore", "inherit"] });
  let peak = 0;
  const sample = setInterval(() => {
    for (const pid of family(child.pid as number)) peak = Math.max(peak, highWaterMark(pid));
  }, 25);
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  clearInterval(sample);
  return { seconds: (performance.now() - started) / 1000, memory: peak, code };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The median, without the first, which fills the caches. */
export async function repeated(rounds: number, once: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round <= rounds; round++) all.push(await once());
  return median(all.slice(1));
}

export function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

export function show(title: string, rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n${table(rows)}`);
}

/** A table of figures, aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
        )
        .join("  "),
    )
    .join("\n");
}

/** A process and all that descend from it. */
function family(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${entry}/stat`))?.[1] ?? 0);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const all = [pid];
  for (const each of all) all.push(...(parents.get(each) ?? []));
  return all;
}

function highWaterMark(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the process has ended meanwhile
  }
}
