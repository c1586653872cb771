/** One page as it came, redirects not followed. */
export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

/** Visits a Django site as a browser does: keeps cookies, and sends each form with its token. */
export class Visitor {
  readonly http: string;
  readonly #cookies = new Map<string, string>();
  /** The cookies that the site has set, with their attributes. */
  readonly attributes: string[] = [];

  constructor(http: string) {
    this.http = http;
  }

  get(path: string): Promise<Page> {
    return this.#send(path, {});
  }

  /** Sends a form, with the token of the page that shows it. @param shownAt @default path */
  async submit(path: string, fields: Readonly<Record<string, string | File>>, shownAt = path): Promise<Page> {
    const [, token = ""] = /name="csrfmiddlewaretoken" value="(\w+)"/.exec((await this.get(shownAt)).text) ?? [];
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, ...fields })) body.append(name, value);
    return this.#send(path, { method: "POST", body });
  }

  async #send(path: string, init: RequestInit): Promise<Page> {
    const answer = await fetch(`${this.http}${path}`, {
      ...init,
      redirect: "manual",
      headers: {
        cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; "),
        origin: new URL(this.http).origin,
      },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
      this.attributes.push(cookie);
    }
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, headers: answer.headers, bytes, text: bytes.toString() };
  }
}
