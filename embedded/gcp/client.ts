import { join } from "node:path";
import { Client } from "../daemon/client.ts";

/** Speaks to the embedded Google Cloud of a folder. */
export function gcpClient(folder: string): Client {
  return new Client(folder, join(import.meta.dirname, "daemon", "main.ts"));
}
