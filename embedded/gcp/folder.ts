import { join, resolve } from "node:path";

/** Where the embedded cloud of this checkout keeps everything; `RETROFIT_CLOUD_FOLDER` names another place. */
export function cloudFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.RETROFIT_CLOUD_FOLDER) return resolve(env.RETROFIT_CLOUD_FOLDER);
  return join(import.meta.dirname, "..", "..", ".retrofit", "embedded", "gcp");
}
