// @ts-check
import { logOf } from "./daemon.mjs";

/**
 * What `npm run services` shows and does about a service.
 * @typedef {object} Service
 * @property {import("../step.mjs").Step} step Starts it.
 * @property {(context: import("../step.mjs").Context) => Promise<ServiceState>} state
 * @property {(context: import("../step.mjs").Context) => Promise<boolean>} stop Ends it where this project has started
 *   it; gives whether it did.
 *
 * @typedef {object} ServiceState
 * @property {string} running `process 123`, `container retrofit-registry`, `not started by this project`, or `stopped`.
 * @property {string} address Where it listens.
 * @property {readonly string[]} folders What it keeps on disk.
 * @property {string} [log] File, or the command that shows the log.
 */

/**
 * @param {string} cache @param {string} name @param {number | undefined} pid @param {string | undefined} container
 * @param {boolean} answers
 * @returns {Pick<ServiceState, "running" | "log">}
 */
export function runningAs(cache, name, pid, container, answers) {
  if (pid !== undefined)
    return { running: `process ${pid}${answers ? "" : ", does not answer"}`, log: logOf(cache, name) };
  if (container !== undefined) return { running: `container ${container}`, log: `docker logs ${container}` };
  return { running: answers ? "running, not started by this project" : "stopped" };
}
