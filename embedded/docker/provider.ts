import Docker from "dockerode";
import type { Configured, Provider } from "../core/handler.ts";
import type { PlainMap } from "../core/value.ts";
import { ContainerHandler } from "./container.ts";
import { ask, type Engine } from "./engine.ts";
import { dockerFacts } from "./facts.ts";
import { NetworkHandler } from "./network.ts";
import { RemoteImageHandler } from "./remoteImage.ts";
import { VolumeHandler } from "./volume.ts";

/** Docker, on a real engine. */
export const dockerProvider: Provider = {
  facts: dockerFacts,
  configure: async (config) => {
    const engine = connect(config);
    if (config.disableDockerDaemonCheck !== true) await ask(engine, () => engine.docker.ping());
    return resources(engine);
  },
};

function resources(engine: Engine): Configured {
  return {
    resources: {
      "docker:index/network:Network": new NetworkHandler(engine),
      "docker:index/volume:Volume": new VolumeHandler(engine),
      "docker:index/container:Container": new ContainerHandler(engine),
      "docker:index/remoteImage:RemoteImage": new RemoteImageHandler(engine),
    },
    functions: {},
  };
}

function connect(config: PlainMap): Engine {
  const host = (config.host as string | undefined) ?? process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
  const docker = host.startsWith("unix://")
    ? new Docker({ socketPath: host.slice("unix://".length) })
    : new Docker({ host: new URL(host).hostname, port: new URL(host).port });
  return { docker, host, credentials: async () => undefined };
}
