import type { ContainerState } from "../../components/docker/engine.ts";

/** A container that runs, as the engine tells of it. */
export const running: ContainerState = {
  name: "shop-web-1",
  status: "running",
  exitCode: 0,
  error: "",
  oomKilled: false,
  restarts: 0,
  startedAt: 1,
  imageId: "sha256:1",
};
