import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { runIn, runOnce, unless, words } from "../../../daemon/containers.ts";
import { cloudLabel } from "../labels.ts";
import { type FileSystemMount, TaskFailure } from "../model.ts";
import type { VolumeSource } from "../tasks/containerSpec.ts";
import { accessScript, ensureScript, readyScript, unmountScript } from "./scripts.ts";

/** Label of a file system's volume and of the containers that stand for access points: its id. */
const fileSystemLabel = "retrofit.embedded.aws.fileSystem";

/** What a container is given that mounts, or takes off what is mounted. */
const mounting = { CapAdd: ["SYS_ADMIN"], SecurityOpt: ["apparmor=unconfined", "label=disable"] };

/** A file system as a task sees it. */
export interface Access {
  readonly source: VolumeSource;
  /** Name of the container that stands for the access point; none where the users of the containers count. */
  readonly server?: string;
}

/** File systems as Docker volumes; access points as file systems of their own that do everything as their user. */
export class FileSystems {
  readonly #docker: Docker;
  readonly #cloud: string;
  readonly #image: () => Promise<string>;
  /** Tasks that use an access point, by its server. */
  readonly #holders = new Map<string, Set<string>>();
  /** The last of what is done to a server: one thing after another. */
  readonly #turns = new Map<string, Promise<void>>();

  /** @param image the runtime's own */
  constructor(docker: Docker, cloud: string, image: () => Promise<string>) {
    this.#docker = docker;
    this.#cloud = cloud;
    this.#image = image;
  }

  /** @param task that has it until `release` @throws {TaskFailure} where there is no such folder */
  async open(mount: FileSystemMount, task: string): Promise<Access> {
    if (mount.posixUser === undefined) {
      const root = await this.#volume(mount.fileSystemId);
      await this.#ensure(mount, root);
      return { source: { kind: "folder", path: join(root, "files", mount.path), readOnly: mount.readOnly } };
    }
    const server = this.#server(mount);
    this.hold(task, [server]);
    const root = await this.#volume(mount.fileSystemId);
    await this.#inTurn(server, () => this.#serve(server, mount, root));
    return { source: { kind: "folder", path: join(root, "access", server), readOnly: mount.readOnly }, server };
  }

  /** A task goes on with the access points that it has. */
  hold(task: string, servers: readonly string[]): void {
    for (const server of servers) this.#holders.set(server, (this.#holders.get(server) ?? new Set()).add(task));
  }

  /** A task has ended: so do the access points that no other has. */
  async release(task: string): Promise<void> {
    const held = [...this.#holders].filter(([, tasks]) => tasks.delete(task));
    await Promise.all(
      held.map(([server, tasks]) =>
        this.#inTurn(server, async () => {
          // Another may have come meanwhile, which finds it mounted or mounts it again.
          if (tasks.size === 0) await this.#close(server);
        }),
      ),
    );
  }

  #inTurn(server: string, action: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(server) ?? Promise.resolve()).catch(() => undefined).then(action);
    this.#turns.set(server, turn);
    return turn;
  }

  async #close(server: string): Promise<void> {
    await runIn(this.#docker, server, shell(unmountScript(server))).catch(() => undefined);
    await this.#docker.getContainer(server).remove({ force: true, v: true }).catch(unless(404, 409));
  }

  /** Ends the access points that are not among those in use. */
  async closeOthers(inUse: ReadonlySet<string>): Promise<void> {
    const label = [`${cloudLabel}=${this.#cloud}`, fileSystemLabel];
    for (const { Names } of await this.#docker.listContainers({ all: true, filters: { label } })) {
      const server = Names[0]?.slice(1) ?? "";
      if (!inUse.has(server)) await this.#close(server);
    }
  }

  /** Removes a file system and all that is in it. */
  async remove(fileSystemId: string): Promise<void> {
    await this.#removeAll([`${fileSystemLabel}=${fileSystemId}`]);
  }

  /** Removes all file systems of the cloud but those that are still known. */
  async sweep(known: ReadonlySet<string>): Promise<void> {
    const volumes = await this.#volumes([]);
    for (const id of volumes.map(({ Labels }) => Labels[fileSystemLabel] ?? "")) {
      if (!known.has(id)) await this.remove(id);
    }
  }

  async #removeAll(labels: readonly string[]): Promise<void> {
    const label = [`${cloudLabel}=${this.#cloud}`, ...labels];
    for (const { Names } of await this.#docker.listContainers({ all: true, filters: { label } })) {
      await this.#close(Names[0]?.slice(1) ?? "");
    }
    for (const { Name, Mountpoint } of await this.#volumes(labels)) {
      await this.#run(unmountScript("*"), Mountpoint).catch(() => undefined);
      await this.#docker.getVolume(Name).remove({ force: true }).catch(unless(404));
    }
  }

  async #volumes(labels: readonly string[]): Promise<Docker.VolumeInspectInfo[]> {
    const label = [`${cloudLabel}=${this.#cloud}`, fileSystemLabel, ...labels];
    return (await this.#docker.listVolumes({ filters: { label } })).Volumes ?? [];
  }

  async #volume(fileSystemId: string): Promise<string> {
    const Name = `retrofit-aws-${this.#cloud}-${fileSystemId}`;
    const Labels = { [cloudLabel]: this.#cloud, [fileSystemLabel]: fileSystemId };
    // Made again it is what it was.
    await this.#docker.createVolume({ Name, Labels });
    return (await this.#docker.getVolume(Name).inspect()).Mountpoint;
  }

  async #ensure(mount: FileSystemMount, root: string): Promise<void> {
    await this.#run(ensureScript(mount), root).catch((error: unknown) => {
      throw failure(mount, words(error));
    });
  }

  async #run(script: string, root: string): Promise<void> {
    const image = await this.#image();
    await runOnce(this.#docker, {
      image,
      command: shell(script),
      labels: { [cloudLabel]: this.#cloud },
      host: { ...mounting, Binds: [`${root}:/fs:rshared`] },
    });
  }

  async #serve(name: string, mount: FileSystemMount, root: string): Promise<void> {
    const existing = await this.#docker.getContainer(name).inspect().catch(unless(404));
    if (existing?.State.Running) return;
    await this.#docker.getContainer(name).remove({ force: true }).catch(unless(404));
    await this.#ensure(mount, root);
    const container = await this.#docker.createContainer({
      name,
      Image: await this.#image(),
      Entrypoint: shell(accessScript(name, mount)),
      Labels: { [cloudLabel]: this.#cloud, [fileSystemLabel]: mount.fileSystemId },
      HostConfig: {
        NetworkMode: "none",
        ...mounting,
        Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
        Binds: [`${root}:/fs:rshared`],
      },
    });
    try {
      await container.start();
      await runIn(this.#docker, name, shell(readyScript(name)));
    } catch (error) {
      const said = await container.logs({ stdout: true, stderr: true }).catch(() => "");
      await container.remove({ force: true, v: true }).catch(() => undefined);
      throw failure(mount, `${words(error)}\n${said}`.trim());
    }
  }

  #server({ fileSystemId, path, posixUser }: FileSystemMount): string {
    const what = createHash("sha256")
      .update(JSON.stringify([path, posixUser]))
      .digest("hex")
      .slice(0, 12);
    return `retrofit-aws-${this.#cloud}-${fileSystemId}-${what}`;
  }
}

function failure({ fileSystemId, path }: FileSystemMount, reason: string): TaskFailure {
  const missing = /no such folder/.test(reason);
  const said = missing
    ? `mount.nfs4: mounting ${fileSystemId}:${path} failed, reason given by server: No such file or directory`
    : reason;
  return new TaskFailure(
    `ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: ${said} : unsuccessful EFS utils command execution; code: 32`,
  );
}

function shell(script: string): string[] {
  return ["/bin/sh", "-c", script];
}

/** @param path absolute, within */
function join(root: string, folder: string, path: string): string {
  return `${root}/${folder}/${path.replace(/^\/+|\/+$/g, "")}`.replace(/\/$/, "");
}
