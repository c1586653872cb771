import { mkdirSync } from "node:fs";
import type Docker from "dockerode";
import { runIn, unless, watchContainers } from "../../daemon/containers.ts";
import type { Machine } from "../store.ts";
import { machineContainer, unavailable } from "./container.ts";
import { cloudLabel } from "./labels.ts";
import type { Bridge } from "./network.ts";
import { reachScript } from "./script.ts";

interface EngineInfo {
  readonly OperatingSystem: string;
  readonly SecurityOptions?: readonly string[];
}

/** How a machine came to its end. */
export type End = "reboot" | "powerOff" | "crash" | "removed";

/** Labels of a machine's container and volume, beside that of the cloud. */
const instanceLabel = "retrofit.embedded.gcp.instance";

/** Runs machines as containers. */
export class Hypervisor {
  readonly #docker: Docker;
  readonly #cloud: string;
  readonly #image: string;
  readonly #disks: string;

  /**
   * @param cloud which cloud's machines
   * @param image of the machines
   * @param disks folder of the disks' files
   */
  constructor(docker: Docker, cloud: string, image: string, disks: string) {
    this.#docker = docker;
    this.#cloud = cloud;
    this.#image = image;
    this.#disks = disks;
  }

  /** @throws with the mend when machines cannot run on this engine, or their image is not there */
  async check(): Promise<void> {
    const { OperatingSystem, SecurityOptions = [] } = (await this.#docker.info()) as EngineInfo;
    const rootless = SecurityOptions.some((option) => option.includes("rootless"));
    if (rootless || OperatingSystem.startsWith("Docker Desktop")) {
      const what = rootless ? "a rootless Docker engine" : "Docker Desktop";
      throw new Error(
        `the embedded cloud's machines cannot run on ${what}, whose networks this machine does not reach: use a Docker engine that runs as root on this Linux, by DOCKER_HOST`,
      );
    }
    try {
      await this.#docker.getImage(this.#image).inspect();
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
      throw new Error(`the image of the embedded cloud's machines, ${this.#image}, is not there: npm run setup`);
    }
  }

  /** Makes the container and the boot disk of a machine. */
  async create(machine: Machine, hostname: string, bridge: Bridge): Promise<void> {
    const labels = { [cloudLabel]: this.#cloud, [instanceLabel]: machine.id };
    mkdirSync(this.#disks, { recursive: true, mode: 0o700 });
    await this.#docker.createVolume({ Name: machine.volume, Labels: labels });
    const make = (dropped: readonly string[]) =>
      this.#docker.createContainer({
        ...machineContainer(this.#image, machine, bridge, this.#disks, dropped),
        Hostname: hostname,
        Labels: labels,
      });
    await make(unavailable).catch((error: Error) => {
      if (!/CapDrop/.test(error.message)) throw error;
      return make([]);
    });
  }

  /** Switches a machine on. @param script what to plug in: see `powerScript` */
  async powerOn(machine: Machine, script: string): Promise<void> {
    await this.#docker.getContainer(machine.container).start();
    await this.run(machine, script);
    await this.run(machine, reachScript).catch(() => {
      throw new Error(
        `the machine ${machine.id} does not reach this machine: its firewall drops what comes from Docker's networks. Let in what comes from ${machine.transport.replace(/\d+$/, "0/24")}`,
      );
    });
  }

  run(machine: Machine, script: string): Promise<string> {
    return runIn(this.#docker, machine.container, ["/bin/bash", "-c", script]).catch((error: Error) => {
      throw new Error(`the machine ${machine.container}: ${error.message}`);
    });
  }

  /** Shuts a machine down as its power button would. @param seconds until it is cut off */
  async stop(machine: Machine, seconds: number): Promise<void> {
    await this.#thaw(machine);
    await this.#docker.getContainer(machine.container).stop({ t: seconds }).catch(unless(304, 404));
  }

  /** Pulls the plug. */
  async kill(machine: Machine): Promise<void> {
    await this.#thaw(machine);
    await this.#docker.getContainer(machine.container).kill().catch(unless(404, 409));
  }

  /** Removes a machine and its boot disk. */
  async remove(machine: Machine): Promise<void> {
    await this.#thaw(machine);
    await this.#docker.getContainer(machine.container).remove({ force: true, v: true }).catch(unless(404));
    await this.#docker.getVolume(machine.volume).remove({ force: true }).catch(unless(404));
  }

  /** Nothing ends a machine in which a container is paused, where control groups are of the first kind. */
  async #thaw(machine: Machine): Promise<void> {
    const script = `for state in /sys/fs/cgroup/freezer/*/*/freezer.state; do [ ! -e "$state" ] || echo THAWED > "$state"; done`;
    await this.run(machine, script).catch(() => undefined);
  }

  /** Removes machines of this cloud that it knows nothing of: its folder was deleted, or it ended in the middle of making one. */
  async sweep(known: readonly Machine[]): Promise<void> {
    const label = [`${cloudLabel}=${this.#cloud}`, instanceLabel];
    for (const { Id, Names } of await this.#docker.listContainers({ all: true, filters: { label } })) {
      if (known.some(({ container }) => Names.includes(`/${container}`))) continue;
      await this.#docker.getContainer(Id).remove({ force: true, v: true }).catch(unless(404));
    }
    for (const { Name } of (await this.#docker.listVolumes({ filters: { label } })).Volumes) {
      if (known.some(({ volume }) => volume === Name)) continue;
      await this.#docker.getVolume(Name).remove({ force: true }).catch(unless(404));
    }
  }

  async state(machine: Machine): Promise<"running" | "stopped" | "gone"> {
    try {
      const { State } = await this.#docker.getContainer(machine.container).inspect();
      return State.Running ? "running" : "stopped";
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return "gone";
      throw error;
    }
  }

  /** What the machine's console has shown, the last of it. */
  async console(machine: Machine, lines: number): Promise<string> {
    const output = await this.#docker.getContainer(machine.container).logs({ stdout: true, stderr: true, tail: lines });
    return output.toString();
  }

  /**
   * Tells of every machine that ends, until the signal is aborted.
   * @param onLost told when the engine goes away; call again later
   */
  async watch(onEnd: (id: string, end: End) => void, onLost: () => void, signal: AbortSignal): Promise<void> {
    await watchContainers(
      this.#docker,
      { event: ["die", "destroy"], label: [`${cloudLabel}=${this.#cloud}`] },
      (event, { [instanceLabel]: id, exitCode }) => {
        if (id !== undefined) onEnd(id, event === "destroy" ? "removed" : endOf(exitCode));
      },
      onLost,
      signal,
    );
  }
}

/** A container's first process that asks the kernel for a reboot is ended by SIGHUP, for a halt by SIGINT: reboot(2). */
function endOf(exitCode: string | undefined): End {
  if (exitCode === "129") return "reboot";
  return exitCode === "130" ? "powerOff" : "crash";
}
