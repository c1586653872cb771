import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { proveLogin, proveLogins } from "../../../components/registries/login.ts";
import { checkLogin } from "../../../components/registries/loginCheck.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.restoreAllMocks();
});

/** @returns its host and port */
async function server(answer: (request: IncomingMessage, response: ServerResponse, host: string) => void) {
  let host = "";
  const listening = createServer((request, response) => answer(request, response, host));
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  closing.push(() => listening.close());
  return host;
}

const login = { username: "ada", password: "s3cret" };
const authorized = ({ headers }: IncomingMessage) =>
  headers.authorization === `Basic ${Buffer.from("ada:s3cret").toString("base64")}`;

const basic = () =>
  server((request, response) => {
    if (authorized(request)) response.end();
    else response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
  });

/** As Docker Hub has it: who gives out tokens is another. */
const bearer = (asked: string[] = []) =>
  server((request, response, host) => {
    asked.push(request.url as string);
    if (request.url === "/v2/") {
      const challenge = `Bearer realm="http://${host}/token",service="registry.test"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    } else response.writeHead(authorized(request) ? 200 : 401).end();
  });

describe("checkLogin", () => {
  it("asks in the way that the registry names: Basic", async () => {
    const host = await basic();
    expect(await checkLogin(host, login)).toEqual({ kind: "accepted" });
    expect(await checkLogin(host, { ...login, password: "wrong" })).toEqual({ kind: "refused" });
  });

  it("asks in the way that the registry names: Bearer", async () => {
    const asked: string[] = [];
    const host = await bearer(asked);
    expect(await checkLogin(host, login)).toEqual({ kind: "accepted" });
    expect(asked).toEqual(["/v2/", "/token?account=ada&service=registry.test"]);
    expect(await checkLogin(host, { ...login, username: "bob" })).toEqual({ kind: "refused" });
  });

  it("does not carry the password where it could be read on the way", async () => {
    const seen: (string | undefined)[] = [];
    const host = await server((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "www-authenticate": 'Bearer realm="http://tokens.example/",service="x"' }).end();
    });
    expect(await checkLogin(host, login)).toEqual({ kind: "unknown", reason: "it names no safe place to log in" });
    expect(seen).toEqual([undefined]);
  });

  it("asks for no more than whether it is there without a login", async () => {
    expect(await checkLogin(await basic())).toEqual({ kind: "accepted" });
  });

  it("cannot say where nobody answers", async () => {
    const host = await basic();
    closing.pop()?.();
    expect(await checkLogin(host, login)).toEqual({ kind: "unknown", reason: "nothing listens there" });
  });

  it("cannot say where what answers has a failure", async () => {
    const host = await server((_, response) => response.writeHead(503).end());
    expect(await checkLogin(host, login)).toEqual({ kind: "unknown", reason: "it answers with HTTP 503" });
  });
});

describe("proveLogin", () => {
  const of = (password: string) => ({ username: "ada", password: pulumi.secret(password) });

  it("names registry, user and mend where the login is refused, and not the password", async () => {
    const host = await basic();
    await expect(proveLogin(host, of("wrong-77"), "Pulumi.dev.yaml")).rejects.toThrow(
      expect.objectContaining({
        message: `Pulumi.dev.yaml: retrofit:registryPassword: ${host} refuses the user ada with this password. Set the right one: pulumi config set --secret retrofit:registryPassword.`,
      }),
    );
  });

  it("says nothing where it is accepted", async () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    await proveLogin(await basic(), of("s3cret"), "Pulumi.dev.yaml");
    expect(warn).not.toHaveBeenCalled();
  });

  it("warns of a registry that is not there", async () => {
    const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
    const host = await basic();
    closing.pop()?.();
    await proveLogin(host, undefined, "Pulumi.dev.yaml");
    expect(warn.mock.calls).toEqual([
      [
        `The registry ${host} cannot be reached: nothing listens there. ` +
          "Start it, or set retrofit:registry to another, if an image has to be pushed or pulled.",
      ],
    ]);
  });
});

describe("proveLogins", () => {
  it("names all that are refused, and leaves out those that cannot be asked", async () => {
    const [first, second] = await Promise.all([basic(), basic()]);
    const gone = await basic();
    closing.pop()?.();
    const logins = [first, second, gone].map((address) => ({ address, username: "ada", password: "wrong-77" }));
    const problem = (host: string) =>
      `Pulumi.dev.yaml: retrofit:logins["${host}"].password: ${host} refuses the user ada with this password. ` +
      `Set the right one: pulumi config set --path --secret 'retrofit:logins["${host}"].password'.`;
    await expect(proveLogins(logins, "Pulumi.dev.yaml")).rejects.toThrow(
      expect.objectContaining({ message: `${problem(first)}\n${problem(second)}` }),
    );
    await proveLogins([{ address: first, username: "ada", password: pulumi.secret("s3cret") }], "Pulumi.dev.yaml");
  });
});
