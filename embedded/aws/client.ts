import { join } from "node:path";
import { Client } from "../daemon/client.ts";

/** Speaks to the embedded AWS of a folder. */
export function awsClient(folder: string): Client {
  return new Client(folder, join(import.meta.dirname, "daemon", "main.ts"));
}
