import { setTimeout as sleep } from "node:timers/promises";

/** Try until it no longer throws, or the time is up: then what it threw last. @param seconds @default 180 */
export async function eventually<T>(attempt: () => Promise<T>, seconds = 180): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}
