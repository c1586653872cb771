// @ts-check
import { goTool } from "../goTool.mjs";
import { credentialGcr as pinned } from "../versions.mjs";

const module = "github.com/GoogleCloudPlatform/docker-credential-gcr/v2";

/** Container-Optimized OS's own helper that logs Docker in to Google's registries; part of the embedded cloud's machine. */
export const credentialGcr = goTool({
  name: "docker-credential-gcr",
  slow: "about 30 s",
  program: {
    module,
    version: pinned.version,
    package: ".",
    ldflags: `-X ${module}/config.Version=${pinned.version}`,
    static: true,
  },
  version: ["version"],
});
