import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const second = 1000;

/** Each with an embedded cloud of its own. */
const clouds = ["test/engine/{gcp,aws}*.test.ts", "test/endToEnd/{gcp,aws}*.test.ts"];

interface Project {
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  /** @default as many as there are processors */
  readonly maxWorkers?: number | string;
  /** Milliseconds for a test; hooks have twice that. */
  readonly timeout: number;
}

/**
 * How often a test that failed is tried again: machines, networks and clocks have bad moments. What passes then may still be a fault,
 * and is named by `tools/failures.mjs`: docs/adr/0061.
 */
const retry = 1;

/** Groups run one after another, from 1 on (vitest moves what it finds in 0 to the end), the projects of a group together. */
function project(name: string, groupOrder: number, { include, exclude = [], maxWorkers = "100%", timeout }: Project) {
  return {
    test: {
      name,
      include: [...include],
      exclude: [...exclude],
      maxWorkers,
      sequence: { groupOrder },
      testTimeout: timeout,
      hookTimeout: 2 * timeout,
      retry,
    },
  } satisfies TestProjectInlineConfiguration;
}

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      project("unit", 1, { include: ["test/unit/**/*.test.ts"], timeout: 60 * second }),
      // They look at all that the engine has, so that no two of them run at once.
      project("engine", 2, {
        include: ["test/engine/*.test.ts"],
        exclude: clouds,
        maxWorkers: 1,
        timeout: 180 * second,
      }),
      // Mostly they wait: for machines to boot, checks to pass, connections to drain.
      project("endToEnd", 3, {
        include: ["test/endToEnd/*.test.ts"],
        exclude: clouds,
        maxWorkers: 3,
        timeout: 600 * second,
      }),
      // The first that mounts a bucket compiles gcsfuse.
      project("clouds", 3, { include: clouds, maxWorkers: 3, timeout: 1200 * second }),
    ],
  },
});
