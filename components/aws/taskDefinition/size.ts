import type { Resources } from "../../../compose/model.ts";

/** CPU units, 1024 a CPU, and MiB. */
export interface Size {
  readonly cpu: number;
  readonly memory: number;
}

/** What Fargate has: CPU units, and MiB from, to and in steps of. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const pairs: readonly { readonly cpu: number; readonly memory: readonly number[] }[] = [
  { cpu: 256, memory: [512, 1024, 2048] },
  { cpu: 512, memory: steps(1024, 4096, 1024) },
  { cpu: 1024, memory: steps(2048, 8192, 1024) },
  { cpu: 2048, memory: steps(4096, 16_384, 1024) },
  { cpu: 4096, memory: steps(8192, 30_720, 1024) },
  { cpu: 8192, memory: steps(16_384, 61_440, 4096) },
  { cpu: 16_384, memory: steps(32_768, 122_880, 8192) },
];

/** The smallest pair of Fargate that holds what is asked for; undefined where none does. */
export function fargateSize({ cpu, memory }: Size): Size | undefined {
  for (const pair of pairs) {
    const enough = pair.cpu >= cpu ? pair.memory.find((each) => each >= memory) : undefined;
    if (enough !== undefined) return { cpu: pair.cpu, memory: enough };
  }
  return undefined;
}

/** What a service asks for; nothing is 0. */
export function wantedSize({ cpus = 0, memory, memoryReservation }: Resources): Size {
  return { cpu: Math.ceil(cpus * 1024), memory: mebibytes(memory ?? memoryReservation ?? 0) };
}

/** Whole MiB that hold so many bytes. */
export function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}

/** `0.25 CPU and 512 MiB`. */
export function sizeText({ cpu, memory }: Size): string {
  const cpus = `${Number((cpu / 1024).toFixed(2))} CPU`;
  const size = memory >= 1024 && memory % 1024 === 0 ? `${memory / 1024} GiB` : `${memory} MiB`;
  if (cpu === 0) return size;
  return memory === 0 ? cpus : `${cpus} and ${size}`;
}

function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}
