/** Seconds until a registry counts as out of reach. */
const patience = 10;

/** Registries of the internet, read without an account. */
export class PublicRegistry {
  readonly #addressOf: (host: string) => string;
  /** By repository. */
  readonly #tokens = new Map<string, string>();

  /** @param addressOf a registry's own address by its host, such as `https://ghcr.io` */
  constructor(addressOf = (host: string) => `https://${host}`) {
    this.#addressOf = addressOf;
  }

  /**
   * @param rest as `registryPath` gives it: `manifests/latest`
   * @throws when it cannot be reached
   */
  async ask(method: "GET" | "HEAD", host: string, name: string, rest: string, accept: string): Promise<Response> {
    const address = `${this.#addressOf(host)}/v2/${name}/${rest}`;
    const first = await this.#send(method, address, accept, this.#tokens.get(`${host}/${name}`));
    if (first.status !== 401) return first;
    await first.body?.cancel();
    const token = await this.#token(first.headers.get("www-authenticate") ?? "", name);
    if (token === undefined) return first;
    this.#tokens.set(`${host}/${name}`, token);
    return this.#send(method, address, accept, token);
  }

  /** https://distribution.github.io/distribution/spec/auth/token/ */
  async #token(challenge: string, name: string): Promise<string | undefined> {
    const { realm, service = "" } = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ) as { readonly realm?: string; readonly service?: string };
    if (realm === undefined) return undefined;
    const query = new URLSearchParams({ service, scope: `repository:${name}:pull` });
    const answer = await this.#send("GET", `${realm}?${query}`, "application/json");
    if (!answer.ok) return undefined;
    const { token, access_token } = (await answer.json()) as {
      readonly token?: string;
      readonly access_token?: string;
    };
    return token ?? access_token;
  }

  async #send(method: string, address: string, accept: string, token?: string): Promise<Response> {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(new Error("no answer")), patience * 1000);
    try {
      const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      // As it is kept, and from where it is kept: digests are of these bytes, and whoever asks follows by himself.
      const headers = { Accept: accept, "Accept-Encoding": "identity", ...authorization };
      return await fetch(address, { method, headers, redirect: "manual", signal: silent.signal });
    } finally {
      clearTimeout(timer);
    }
  }
}
