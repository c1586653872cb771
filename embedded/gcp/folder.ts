import { join, resolve } from "node:path";

/** Where the embedded cloud of this checkout keeps everything; `RETROFIT_CLOUD` names another place. */
export function cloudFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.RETROFIT_CLOUD) return resolve(env.RETROFIT_CLOUD);
  return join(import.meta.dirname, "..", "..", ".retrofit", "embedded", "gcp");
}
