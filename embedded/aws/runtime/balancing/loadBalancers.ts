import { createServer as createHttpServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { addressIn, parseCidr } from "../../../core/cidr.ts";
import type { Certificate, Listener, LoadBalancer } from "../../balancing/model.ts";
import type { Endpoint, Surroundings } from "../model.ts";
import { Application, type Place } from "./application.ts";
import { weighted } from "./choose.ts";
import { proxyHeader } from "./proxyProtocol.ts";
import { relay } from "./relay.ts";
import type { Target, TargetGroups } from "./targetGroups.ts";

/** Milliseconds: of a Network Load Balancer's flows, and of a target that does not answer. */
const [flowTimeout, connectTimeout] = [350_000, 10_000];
/** Bytes of a request's head that an Application Load Balancer takes. */
const largestHead = 64 * 1024;
/** All that is not in the VPC. */
const world: Endpoint = { securityGroups: [], address: "0.0.0.0" };

interface Open {
  /** What it was opened with: another takes opening again. */
  readonly key: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

/** A load balancer as security groups see it: somewhere in its first subnet. */
function endpointOf(surroundings: Surroundings, { securityGroups, subnets }: LoadBalancer): Endpoint {
  const cidr = surroundings.subnet(subnets[0] ?? "")?.cidrBlock ?? "10.0.0.0/24";
  return { securityGroups, address: addressIn(parseCidr(cidr), 8) };
}

/** Listens for all load balancers, each at its own address on this machine. */
export class LoadBalancers {
  readonly #surroundings: Surroundings;
  readonly #groups: () => TargetGroups;
  /** By listener. */
  readonly #open = new Map<string, Open>();
  #places = new Map<string, Place>();
  /** Changes are made one after another. */
  #queue: Promise<void> = Promise.resolve();
  /** Tries again those that could not be opened. */
  #again: NodeJS.Timeout | undefined;
  readonly #patience: number;

  /** @param patience milliseconds until a port that something else has is tried again */
  constructor(surroundings: Surroundings, groups: () => TargetGroups, patience = 5000) {
    this.#surroundings = surroundings;
    this.#groups = groups;
    this.#patience = patience;
  }

  /** Listens as the state now says. @throws where it cannot */
  changed(): Promise<void> {
    const next = this.#queue.then(() => this.#change());
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** The load balancers that send to a target group. */
  sources(targetGroupArn: string): readonly Endpoint[] {
    const senders = [...this.#places.values()].filter(
      ({ listener: { action } }) =>
        action.type === "forward" && action.targetGroups.some((group) => group.targetGroupArn === targetGroupArn),
    );
    const distinct = new Set(senders.map(({ loadBalancer }) => loadBalancer));
    return [...distinct].map((loadBalancer) => endpointOf(this.#surroundings, loadBalancer));
  }

  close(): void {
    clearTimeout(this.#again);
    for (const listener of [...this.#open.keys()]) this.#shut(listener);
  }

  async #change(): Promise<void> {
    const places = this.#surroundings
      .loadBalancers()
      .flatMap((loadBalancer) =>
        this.#surroundings.listeners(loadBalancer.loadBalancerArn).map((listener) => ({ loadBalancer, listener })),
      );
    this.#places = new Map(places.map((place) => [place.listener.listenerArn, place]));
    const wanted = new Map(
      places.flatMap((place) => (this.#isOpen(place) ? [[place.listener.listenerArn, place] as const] : [])),
    );
    for (const [arn, { key }] of [...this.#open]) {
      const place = wanted.get(arn);
      if (place === undefined || this.#key(place) !== key) this.#shut(arn);
    }
    // One that cannot be opened keeps nobody else's closed.
    const closed = [...wanted].filter(([arn]) => !this.#open.has(arn));
    const opened = await Promise.allSettled(closed.map(([arn, place]) => this.#listen(arn, place)));
    const problems = opened.flatMap((each) => (each.status === "rejected" ? [(each.reason as Error).message] : []));
    clearTimeout(this.#again);
    if (problems.length === 0) return;
    this.#again = setTimeout(() => void this.changed().catch(() => undefined), this.#patience).unref();
    throw new Error(problems.join("\n"));
  }

  /** Whether its security groups let anybody in. */
  #isOpen({ loadBalancer, listener }: Place): boolean {
    if (loadBalancer.type === "network" && loadBalancer.securityGroups.length === 0) return true;
    return this.#surroundings.allows(world, endpointOf(this.#surroundings, loadBalancer), listener.port, "tcp");
  }

  #key({ loadBalancer, listener }: Place): string {
    const { port, protocol, sslPolicy } = listener;
    return JSON.stringify([loadBalancer.address, port, protocol, sslPolicy, this.#certificate(listener)]);
  }

  #certificate({ certificateArn }: Listener): Certificate | undefined {
    return certificateArn === undefined ? undefined : this.#surroundings.certificate(certificateArn);
  }

  async #listen(arn: string, place: Place): Promise<void> {
    const { address } = place.loadBalancer;
    const { port } = place.listener;
    const server = this.#server(arn, place);
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(new Error(cannotListen(address, port, error)));
      server.once("error", fail).listen(port, address, () => {
        server.off("error", fail).on("error", ({ message }) => this.#surroundings.log(message));
        resolve();
      });
    });
    this.#open.set(arn, { key: this.#key(place), server, sockets });
  }

  #server(arn: string, place: Place): Server {
    const { listener } = place;
    const current = () => this.#places.get(arn) ?? place;
    const tls = { ...pem(this.#certificate(listener)), minVersion: leastVersion(listener.sslPolicy) };
    switch (listener.protocol) {
      case "HTTP":
      case "HTTPS": {
        const application = new Application(this.#surroundings, this.#groups(), current);
        const options = { maxHeaderSize: largestHead, noDelay: true };
        const server =
          listener.protocol === "HTTP"
            ? createHttpServer(options)
            : (createSecureServer({ ...options, ...tls, allowHTTP1: true }) as unknown as Server);
        // Uploads may take their time.
        Object.assign(server, {
          requestTimeout: 0,
          headersTimeout: 60_000,
          keepAliveTimeout: place.loadBalancer.idleTimeout * 1000,
        });
        server.on("request", (request, response) => void application.handle(request, response));
        server.on("upgrade", (request, socket, head) => void application.upgrade(request, socket, head));
        return server;
      }
      case "TLS":
        return createTlsServer({ ...tls, allowHalfOpen: true, pauseOnConnect: true }, (client) =>
          this.#relay(current(), client),
        );
      case "TCP":
        return createTcpServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
          this.#relay(current(), client),
        );
      default:
        throw new Error(`a listener for ${listener.protocol} is not imitated: TCP, TLS, HTTP and HTTPS are`);
    }
  }

  #relay({ listener, loadBalancer }: Place, client: Socket): void {
    const { action } = listener;
    const groups = this.#groups();
    const { targetGroupArn = "" } =
      action.type === "forward" ? (weighted(action.targetGroups, Math.random()) ?? {}) : {};
    groups.count(targetGroupArn);
    const group = this.#surroundings.targetGroup(targetGroupArn);
    const choose = (tried: ReadonlySet<Target>) => {
      const skipped = new Set(tried);
      for (;;) {
        const target = groups.choose(targetGroupArn, skipped);
        if (target === undefined || groups.reaches(targetGroupArn, target)) return target;
        skipped.add(target);
      }
    };
    const preface = ({ remoteAddress = "", remotePort = 0 }: Socket) =>
      proxyHeader({ address: remoteAddress, port: remotePort }, { address: loadBalancer.address, port: listener.port });
    const options = { choose, connectTimeout, idleTimeout: flowTimeout };
    void relay(client, group?.proxyProtocolV2 ? { ...options, preface } : options);
  }

  #shut(arn: string): void {
    const open = this.#open.get(arn);
    this.#open.delete(arn);
    open?.server.close();
    for (const socket of open?.sockets ?? []) socket.destroy();
  }
}

function pem(certificate: Certificate | undefined): { cert?: string; key?: string } {
  if (certificate === undefined) return {};
  return { cert: [certificate.certificate, certificate.chain].join("\n"), key: certificate.privateKey };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html; none older than 1.2 is spoken here. */
function leastVersion(policy: string | undefined): "TLSv1.2" | "TLSv1.3" {
  return /TLS13-1-3/.test(policy ?? "") ? "TLSv1.3" : "TLSv1.2";
}

function cannotListen(address: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  const what = `the load balancer cannot listen on ${address}:${port}`;
  if (code === "EACCES") {
    return `${what}: this user may not use ports below 1024. Let it: sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}`;
  }
  if (code === "EADDRINUSE") {
    return `${what}: something else does, perhaps on all addresses of this machine (ss -ltnp 'sport = :${port}')`;
  }
  return `${what}: ${message}`;
}
