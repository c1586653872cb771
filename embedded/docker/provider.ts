import type { Configured, Provider } from "../core/handler.ts";
import { connect } from "./connect.ts";
import { ContainerHandler } from "./container.ts";
import { ask, type Engine } from "./engine.ts";
import { dockerFacts } from "./facts.ts";
import { Journal } from "./journal.ts";
import { NetworkHandler } from "./network.ts";
import { RemoteImageHandler } from "./remoteImage.ts";
import { VolumeHandler } from "./volume.ts";

/**
 * Docker, on a real engine.
 * @param folder for what must outlive this process
 */
export function dockerProvider(folder: string): Provider {
  const journal = new Journal(folder);
  return {
    facts: dockerFacts,
    configure: async (config, { log }) => {
      const engine = connect(config);
      if (config.disableDockerDaemonCheck !== true) {
        await ask(engine, () => engine.docker.ping());
        for (const container of await journal.sweep(engine)) {
          log("warning", `removed the container ${container}, which an interrupted run had left half made`);
        }
      }
      return resources(engine, journal);
    },
  };
}

function resources(engine: Engine, journal: Journal): Configured {
  return {
    resources: {
      "docker:index/network:Network": new NetworkHandler(engine),
      "docker:index/volume:Volume": new VolumeHandler(engine),
      "docker:index/container:Container": new ContainerHandler(engine, journal),
      "docker:index/remoteImage:RemoteImage": new RemoteImageHandler(engine),
    },
    functions: {},
  };
}
