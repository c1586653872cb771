import { join, resolve } from "node:path";

/** Where the embedded cloud of this checkout keeps everything; `RETROFIT_AWS_FOLDER` names another place. */
export function awsFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.RETROFIT_AWS_FOLDER) return resolve(env.RETROFIT_AWS_FOLDER);
  return join(import.meta.dirname, "..", "..", ".retrofit", "embedded", "aws");
}
