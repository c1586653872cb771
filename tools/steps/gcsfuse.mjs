// @ts-check
import { goTool } from "../goTool.mjs";
import { gcsfuse as pinned } from "../versions.mjs";

const module = "github.com/googlecloudplatform/gcsfuse/v3";

/** Mounts a bucket as a folder. */
export const gcsfuse = goTool({
  name: "gcsfuse",
  slow: "about 2 min",
  program: {
    module,
    version: pinned.version,
    package: ".",
    ldflags: `-X ${module}/common.gcsfuseVersion=${pinned.version}`,
    static: true,
  },
  version: ["--version"],
});
