import type { Problem } from "../../userError.ts";

/** What `retrofit:registry` names. */
export interface RegistryLocation {
  /** Host and port, as images are named by it; Docker Hub's is `docker.io`. */
  readonly host: string;
  /** User, project or folder; empty for the host alone. */
  readonly path: string;
}

export const dockerHubHost = "docker.io";

/** Where the set-up keeps the registry of this machine. */
export const localRegistryHost = "127.0.0.1:5050";

/** Other names of Docker Hub, which images are not named by. */
const dockerHubHosts = ["hub.docker.com", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

// The grammar of github.com/distribution/reference, in lower case as registries want it.
const hostPattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;
const pathPattern = /^[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)*$/;

/** A registry's host alone, as images are named by it; undefined where the text is none. */
export function parseHost(text: string): string | undefined {
  if (!hostPattern.test(text) || !canBeHost(text)) return undefined;
  return dockerHubHosts.includes(text) ? dockerHubHost : text;
}

/** Take apart `host[:port][/path]`; what is wrong with it otherwise. */
export function parseRegistry(text: string): RegistryLocation | Omit<Problem, "where"> {
  const [first = "", ...rest] = text.split("/");
  const path = rest.join("/");
  if (!hostPattern.test(first) || (rest.length > 0 && !pathPattern.test(path))) {
    return {
      what: `"${text}" is not a host with an optional port and path in lower case`,
      mend: "Leave out scheme, tag and slashes at the end: 127.0.0.1:5050, docker.io/USER or gcr.io/PROJECT",
    };
  }
  if (!canBeHost(first)) {
    return { what: `"${first}" is not a host`, mend: `For the user of Docker Hub, give docker.io/${first}` };
  }
  const host = dockerHubHosts.includes(first) ? dockerHubHost : first;
  if (host === dockerHubHost && rest.length !== 1) {
    return rest.length === 0
      ? { what: "Docker Hub keeps images under users", mend: "Give docker.io/USER" }
      : { what: "Docker Hub has no folders below a user", mend: `Give docker.io/${rest[0]}` };
  }
  if (/(^|\.)gcr\.io$/.test(host) && path === "") {
    return { what: `${host} keeps images under projects`, mend: `Give ${host}/PROJECT` };
  }
  if (host.endsWith("-docker.pkg.dev") && rest.length < 2) {
    return {
      what: `${host} keeps images in the repositories of projects`,
      mend: `Give ${host}/${rest[0] ?? "PROJECT"}/REPOSITORY`,
    };
  }
  return { host, path };
}

/** Docker takes any other for a user of Docker Hub. */
function canBeHost(text: string): boolean {
  return /[.:]/.test(text) || text === "localhost";
}

/** Whether the host is this machine, where registries speak plain HTTP. */
export function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3})(:\d+)?$/.test(host);
}
