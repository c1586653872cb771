// @ts-check
import { goTool } from "../goTool.mjs";
import { gcsEmulator as pinned } from "../versions.mjs";

/** Holds the objects of the embedded cloud's buckets. */
export const gcsEmulator = goTool({
  name: "fake-gcs-server",
  slow: "about 2 min",
  program: { module: "github.com/fsouza/fake-gcs-server", version: pinned.version, package: ".", static: true },
});
