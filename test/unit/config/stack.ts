import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach } from "vitest";
import { type Config, readConfig } from "../../../config.ts";

export const root = join(import.meta.dirname, "../../..");

// For each test of the file that imports this one: a stack whose name is `test`.
beforeEach(async () => {
  await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "retrofit", "test");
});

/** Reads a stack's configuration. @param values as the CLI hands them over: text, and JSON for objects */
export function read(values: Record<string, string>, secretKeys: string[] = []): Config {
  pulumi.runtime.setAllConfig(values, secretKeys);
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secretKeys);
  return readConfig(root);
}
