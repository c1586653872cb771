import { createServer as createHttp } from "node:http";
import { createServer as createTcp, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { awaitAnswer, seen } from "../../../components/docker/answer.ts";
import { type Endpoint, mainEndpoint, urlOf } from "../../../components/endpoint.ts";
import { freePort } from "../../../tools/freePort.mjs";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

const endpoint = (port: number, target: number): Endpoint => ({ service: "web", host: "127.0.0.1", port, target });
const soon = () => ({ at: Date.now() + 500 });

describe("urlOf and mainEndpoint", () => {
  it("guesses the scheme by the port in the container, and leaves out usual ports", () => {
    expect(urlOf(endpoint(8080, 80))).toBe("http://127.0.0.1:8080/");
    expect(urlOf(endpoint(443, 443))).toBe("https://127.0.0.1/");
    expect(urlOf({ ...endpoint(9000, 8000), scheme: "https", host: "::1" })).toBe("https://[::1]:9000/");
  });

  it("opens TLS rather than plain HTTP, and that rather than a database", () => {
    expect(mainEndpoint([endpoint(1, 5432), endpoint(2, 80), endpoint(3, 443)])?.target).toBe(443);
    expect(mainEndpoint([endpoint(1, 5432), endpoint(2, 8080)])?.target).toBe(8080);
    expect(mainEndpoint([])).toBeUndefined();
  });
});

describe("awaitAnswer", () => {
  it("takes what cannot be asked from here at its container's word", async () => {
    const [port, past] = [await freePort(), { at: Date.now() }];
    const loopbackThere = { ...endpoint(port, 80), elsewhere: true };
    expect(await awaitAnswer(loopbackThere, past)).toEqual(loopbackThere);
    // No name server is asked of such a name.
    const nameOfSsh = { ...endpoint(port, 80), host: "shop..invalid" };
    expect(await awaitAnswer(nameOfSsh, past)).toEqual(nameOfSsh);
    await expect(awaitAnswer(endpoint(port, 80), past)).rejects.toThrow("does not answer");
  });

  it.each([
    [200, true],
    [404, true],
    [502, false],
  ])("takes a status of %d for an answer: %s", async (status, answers) => {
    const port = await listening(createHttp((_, response) => response.writeHead(status).end()));
    const answer = awaitAnswer(endpoint(port, 8080), soon());
    if (answers) expect(await answer).toMatchObject({ scheme: "http" });
    else {
      await expect(answer).rejects.toThrow(
        `service "web" does not answer at http://127.0.0.1:${port}/: it answers ${status}`,
      );
    }
  });

  it("leaves a protocol of its own alone", async () => {
    const port = await listening(createTcp((socket) => socket.end("-ERR not HTTP\r\n")));
    expect((await awaitAnswer(endpoint(port, 6379), soon())).scheme).toBeUndefined();
  });

  it("does not take a port for released on which nothing listens", async () => {
    const port = await freePort();
    await expect(awaitAnswer(endpoint(port, 6379), soon())).rejects.toThrow("ECONNREFUSED");
    expect(await seen(endpoint(port, 6379))).toEqual(endpoint(port, 6379));
  });
});
