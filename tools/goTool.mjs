// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";
import { goBuild } from "./go.mjs";
import { SetupError } from "./step.mjs";
import { toolFolder } from "./steps/folders.mjs";

/** @typedef {import("./step.mjs").Context} Context */

/**
 * A step that builds one program from its Go module into `<cache>/tools/<name>-<version>/<name>`. It is not put on the
 * PATH: containers and services get it by its path.
 * @param {object} tool
 * @param {string} tool.name The program's own name.
 * @param {string} tool.slow
 * @param {import("./go.mjs").GoProgram} tool.program
 * @param {readonly string[]} [tool.version] Arguments that make it print its version, where it can.
 * @returns {import("./step.mjs").Step}
 */
export function goTool({ name, slow, program, version }) {
  return {
    name,
    title: `${name} ${program.version}`,
    slow: `compiled from its Go module, ${slow}`,
    async missing(context) {
      return existsSync(goToolPath(context.cache, name, program.version)) ? undefined : "not built";
    },
    async install(context) {
      const target = goToolPath(context.cache, name, program.version);
      await goBuild(context, program, target);
      if (!version) return;
      const found = await context.run(target, version);
      if (!found.includes(program.version))
        throw new SetupError(`${target} says it is ${found.trim()}`, `Remove ${target} and run again`);
    },
  };
}

/** Where the program is. @param {string} cache @param {string} name @param {string} version */
export function goToolPath(cache, name, version) {
  return join(toolFolder(cache, name, version), name);
}
