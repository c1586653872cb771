import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "./apiError.ts";
import type { Access } from "./iam/access.ts";
import { projectNumber } from "./names.ts";

/** A version of a secret. */
export interface SecretVersion {
  /** From 1. */
  readonly version: string;
  readonly enabled: boolean;
  readonly data: Buffer;
}

/** What the API needs of the cloud. */
export interface SecretSource {
  /** Versions of a secret, oldest first; undefined where there is no such secret. */
  versions(project: string, secret: string): readonly SecretVersion[] | undefined;
  /** Project ids by number. */
  projectOf(idOrNumber: string): string;
}

/** The one request of Secret Manager that a machine makes: https://cloud.google.com/secret-manager/docs/reference/rest. */
export class SecretManager {
  readonly #access: Access;
  readonly #source: SecretSource;

  constructor(access: Access, source: SecretSource) {
    this.#access = access;
    this.#source = source;
  }

  /** @throws ApiError */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? "").split("?", 1)[0] ?? "");
    const match = /^\/v1\/projects\/([^/]+)\/secrets\/([^/]+)\/versions\/(latest|\d+):access$/.exec(path);
    if (!match || request.method !== "GET") {
      throw new ApiError(404, "The requested URL was not found on this server: only versions:access is imitated.");
    }
    const [, place = "", secret = "", wanted = ""] = match;
    const project = this.#source.projectOf(place);
    const caller = this.#access.callerOf(request);
    if (caller === undefined) throw new ApiError(401, "Request is missing required authentication credential.");
    const resources = [`projects/${project}/secrets/${secret}`, `projects/${project}`];
    if (!this.#access.may(caller, "secretmanager.versions.access", resources)) {
      throw new ApiError(
        403,
        `Permission 'secretmanager.versions.access' denied for resource 'projects/${project}/secrets/${secret}/versions/${wanted}' (or it may not exist).`,
      );
    }
    const { version, data } = this.#find(project, secret, wanted);
    const name = `projects/${projectNumber(project)}/secrets/${secret}/versions/${version}`;
    response.writeHead(200, { "Content-Type": "application/json; charset=UTF-8" });
    response.end(JSON.stringify({ name, payload: { data: data.toString("base64") } }));
  }

  #find(project: string, secret: string, wanted: string): SecretVersion {
    const versions = this.#source.versions(project, secret);
    const name = `projects/${projectNumber(project)}/secrets/${secret}`;
    if (versions === undefined) throw new ApiError(404, `Secret [${name}] not found.`);
    const found = wanted === "latest" ? versions.at(-1) : versions.find(({ version }) => version === wanted);
    if (found === undefined) throw new ApiError(404, `Secret Version [${name}/versions/${wanted}] not found.`);
    if (!found.enabled) {
      throw new ApiError(400, `Secret Version [${name}/versions/${found.version}] is in DISABLED state.`);
    }
    return found;
  }
}
