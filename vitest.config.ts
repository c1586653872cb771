import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const second = 1000;

/**
 * The embedded cloud of a target that cannot be deployed to yet: its programs are not part of the set-up, and its tests run
 * with RETROFIT_CLOUD=1 where they are there.
 */
const onDemand = process.env.RETROFIT_CLOUD ? [] : ["test/engine/gcp*.test.ts"];

/** Projects run one after another, in the order of their group. */
function project(name: string, groupOrder: number, maxWorkers: number | undefined, timeout: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      exclude: onDemand,
      maxWorkers,
      sequence: { groupOrder },
      testTimeout: timeout,
      hookTimeout: 2 * timeout,
    },
  } satisfies TestProjectInlineConfiguration;
}

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      project("unit", 0, undefined, 20 * second),
      // One engine, one registry, one set of ports and address pools: no two of these at once.
      project("engine", 1, 1, 180 * second),
      project("endToEnd", 2, 1, 300 * second),
    ],
  },
});
