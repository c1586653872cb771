/** A published TCP port of a service. */
export interface Endpoint {
  readonly service: string;
  /** Address that answers from this machine. */
  readonly host: string;
  readonly port: number;
  /** Port in the container, which tells what the protocol is likely to be. */
  readonly target: number;
  /** Answers on another machine alone, to itself, so that it cannot be asked from here. @default false */
  readonly elsewhere?: boolean;
  /** What it is known to speak. @default what its port usually does */
  readonly scheme?: Scheme;
}

export type Scheme = "http" | "https";

/** Ports that by convention speak TLS or HTTP; any other may speak a protocol of its own. */
const tlsPorts = new Set([443, 8443]);
const httpPorts = new Set([80, 3000, 5000, 8000, 8080, 8888]);

/** What a port in a container is likely to speak. */
export function speechOf(target: number): Scheme | "any" {
  return tlsPorts.has(target) ? "https" : httpPorts.has(target) ? "http" : "any";
}

export function schemeOf({ scheme, target }: Endpoint): Scheme {
  return scheme ?? (speechOf(target) === "https" ? "https" : "http");
}

export function urlOf(endpoint: Endpoint): string {
  const { host, port } = endpoint;
  const scheme = schemeOf(endpoint);
  const usual = scheme === "https" ? 443 : 80;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}${port === usual ? "" : `:${port}`}/`;
}

/** The endpoint that a person would open: TLS first, then plain HTTP, then whatever is published. */
export function mainEndpoint(endpoints: readonly Endpoint[]): Endpoint | undefined {
  const rank = ({ target }: Endpoint) => ["https", "http", "any"].indexOf(speechOf(target));
  return [...endpoints].sort((a, b) => rank(a) - rank(b) || a.target - b.target)[0];
}
