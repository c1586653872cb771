import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { Server } from "node:net";
import { join } from "node:path";
import type Docker from "dockerode";
import { readDockerHub } from "../core/dockerHub.ts";
import { runOnce } from "../daemon/containers.ts";
import { Vault } from "../daemon/vault.ts";
import { ensureCertificates } from "./compute/certificate.ts";
import { Hypervisor } from "./compute/hypervisor.ts";
import { Instances } from "./compute/instances.ts";
import { cloudLabel } from "./compute/labels.ts";
import { type Bridge, bridgeOf, ensureBridge } from "./compute/network.ts";
import { serveDns } from "./dns.ts";
import { Front } from "./front.ts";
import { Access } from "./iam/access.ts";
import { bindingsOf } from "./iam/bindings.ts";
import { Logging } from "./logging.ts";
import { MetadataServer } from "./metadata/server.ts";
import { metadataSource } from "./metadata/source.ts";
import { RegistryFront } from "./registry/front.ts";
import { leftEnabledType } from "./resources/apis.ts";
import { accountExists, bucketProject, projectOf, repositoryExists, secretVersions } from "./resources/lookup.ts";
import { SecretManager } from "./secretManager.ts";
import { Buckets } from "./storage/buckets.ts";
import { StorageControl } from "./storage/control.ts";
import { StorageFront } from "./storage/front.ts";
import { Store } from "./store.ts";
import { Tokens } from "./tokens.ts";

/** What a cloud is made with. */
export interface CloudOptions {
  /** Where it keeps everything. */
  readonly folder: string;
  readonly docker: Docker;
  /** Image of its machines. */
  readonly machineImage: string;
  /** Path of fake-gcs-server. */
  readonly emulator: string;
  /** Host and port of the registry that holds the images. */
  readonly registry: string;
  readonly log: (line: string) => void;
}

/** Milliseconds until the engine is asked again after it went away. */
const patience = 3000;

/** The embedded cloud: its state, and what runs behind it. */
export class Cloud {
  readonly id: string;
  readonly store: Store;
  readonly vault: Vault;
  readonly tokens: Tokens;
  readonly access: Access;
  readonly instances: Instances;
  readonly buckets: Buckets;
  readonly logging: Logging;
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly #options: CloudOptions;
  readonly #hypervisor: Hypervisor;
  readonly #front: Front;
  readonly #control: StorageControl;
  readonly #end = new AbortController();
  readonly #servers: { close(): void }[] = [];
  #authority = "";
  #network: Promise<void> | undefined;

  constructor(options: CloudOptions) {
    const { folder, docker, machineImage, registry, log } = options;
    this.#options = options;
    this.folder = folder;
    this.log = log;
    this.id = createHash("sha256").update(folder).digest("hex").slice(0, 8);
    const store = new Store(join(folder, "state.json"));
    this.store = store;
    this.vault = new Vault(store, join(folder, "key"));
    this.tokens = new Tokens((text) => this.vault.sign(`token:${text}`));
    this.access = new Access(
      this.tokens,
      () => bindingsOf(store),
      (email) => accountExists(store, email),
    );
    this.#hypervisor = new Hypervisor(docker, this.id, machineImage, this.disks);
    this.instances = new Instances(
      store,
      this.#hypervisor,
      () => this.bridge,
      () => this.#authority,
      log,
    );
    this.buckets = new Buckets(store, folder, options.emulator, log);
    this.logging = new Logging(this.access, join(folder, "logs"));
    const { emulator, journal } = this.buckets;
    const owners = { projectOf: (name: string) => bucketProject(store, name) };
    this.#control = new StorageControl(this.access, owners);
    this.#front = new Front({
      storage: new StorageFront(this.access, owners, emulator, journal),
      secretManager: new SecretManager(this.access, {
        versions: (project, secret) => secretVersions(store, this.vault, project, secret),
        projectOf: (idOrNumber) => projectOf(store, idOrNumber),
      }),
      logging: this.logging,
      registry: new RegistryFront(
        this.access,
        {
          repositoryExists: (id) => repositoryExists(store, id),
          dockerHub: () => readDockerHub(join(folder, "dockerHub.json")),
          sign: (text) => this.vault.sign(text),
        },
        registry,
      ),
      log,
    });
  }

  /** Folder of the disks' files. */
  get disks(): string {
    return join(this.folder, "disks");
  }

  /** File of the failures that are asked for. */
  get failuresFile(): string {
    return join(this.folder, "failures.json");
  }

  get bridge(): Bridge {
    if (this.store.subnet === undefined) throw new Error("the cloud has no network yet");
    return bridgeOf(this.id, this.store.subnet);
  }

  /** Starts again what ran when the cloud was stopped. */
  async start(): Promise<void> {
    await this.buckets.start();
    if (this.store.machines.length > 0) await this.network();
  }

  /** The network and the services on it; made when the first machine or address needs them. */
  network(): Promise<void> {
    this.#network ??= this.#startNetwork().catch((error) => {
      this.#network = undefined;
      throw error;
    });
    return this.#network;
  }

  async #startNetwork(): Promise<void> {
    const { docker, machineImage } = this.#options;
    await this.#hypervisor.check();
    await this.#hypervisor.sweep(this.store.machines);
    this.store.subnet = await ensureBridge(docker, this.id, this.store.subnet);
    const { authority, certificate, key } = await ensureCertificates(join(this.folder, "certificates.json"), (script) =>
      runOnce(docker, {
        image: machineImage,
        command: ["/bin/bash", "-c", script],
        labels: { [cloudLabel]: this.id },
      }),
    );
    this.#authority = authority;
    const metadata = new MetadataServer(metadataSource(this));
    await this.#listen(
      "metadata",
      createServer({ keepAliveTimeout: 5000 }, (q, a) => void metadata.handle(q, a)),
    );
    await this.#listen(
      "http",
      createServer((q, a) => this.#front.handle(q, a, "http")),
    );
    await this.#listen("https", this.#tlsServer(certificate, key));
    this.#servers.push(await this.#dns());
    await this.#watch();
    for (const { id } of this.store.machines) void this.instances.revive(id);
  }

  #tlsServer(cert: string, key: string): Server {
    // HTTP/2 for gRPC alone, which speaks nothing else.
    const choose = ({ protocols }: { protocols: string[] }) => (protocols.includes("http/1.1") ? "http/1.1" : "h2");
    const server = createSecureServer({ cert, key, allowHTTP1: true, ALPNCallback: choose });
    server.on("request", (request, response) => {
      if (request.httpVersionMajor === 2) void this.#control.handle(request, response);
      // What HTTP/1 brings is what the plain server would have, whatever its types say.
      else this.#front.handle(request as unknown as IncomingMessage, response as unknown as ServerResponse, "https");
    });
    return server;
  }

  async #dns(): Promise<{ close(): void }> {
    const { gateway } = this.bridge;
    const server = await serveDns(gateway, this.store.ports.dns ?? 0).catch(() => serveDns(gateway, 0));
    this.store.setPort("dns", server.port);
    return server;
  }

  /** Listens on the port that the service had, so that machines that run still find it. */
  async #listen(service: string, server: Server): Promise<void> {
    const { gateway } = this.bridge;
    // Uploads may take their time.
    Object.assign(server, { requestTimeout: 0, headersTimeout: 60_000 });
    const listen = (port: number) =>
      new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, gateway, () => {
          server.off("error", reject);
          resolve();
        });
      });
    await listen(this.store.ports[service] ?? 0)
      .catch(() => listen(0))
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EADDRNOTAVAIL") throw error;
        throw new Error(
          `${gateway} is no address of this machine: the embedded cloud needs a Docker engine that runs here`,
        );
      });
    this.store.setPort(service, (server.address() as { port: number }).port);
    this.#servers.push({
      close: () => {
        server.close();
        (server as { closeAllConnections?(): void }).closeAllConnections?.();
      },
    });
  }

  async #watch(): Promise<void> {
    const again = () => {
      setTimeout(() => {
        if (this.#end.signal.aborted) return;
        this.#watch()
          .then(() => Promise.all(this.store.machines.map(({ id }) => this.instances.revive(id))))
          .catch(again);
      }, patience).unref();
    };
    await this.#hypervisor.watch((id, end) => void this.instances.ended(id, end), again, this.#end.signal);
  }

  /** Whether there is nothing in it that somebody made and would miss. */
  isEmpty(): boolean {
    return this.store.types().every((type) => type === leftEnabledType);
  }

  /** Removes what is left of an empty cloud outside of its folder: its network. */
  async dispose(): Promise<void> {
    const { docker } = this.#options;
    if (this.store.subnet !== undefined)
      await docker
        .getNetwork(this.bridge.name)
        .remove()
        .catch(() => undefined);
  }

  /** Ends the services. Machines go on, but nobody answers them. */
  stop(): void {
    this.#end.abort();
    for (const server of this.#servers) server.close();
    this.buckets.stop();
  }
}
