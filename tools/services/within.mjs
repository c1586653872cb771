// @ts-check
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two questions. */
const interval = 100;

/**
 * Asks until the answer is yes or the time is over.
 * @param {number} milliseconds @param {() => Promise<boolean>} question @returns {Promise<boolean>} The last answer.
 */
export async function within(milliseconds, question) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    if (await question()) return true;
    if (Date.now() > deadline) return false;
    await sleep(interval);
  }
}
