import { connect, createServer, type Http2Server } from "node:http2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Access } from "../../../embedded/gcp/iam/access.ts";
import { StorageControl } from "../../../embedded/gcp/storage/control.ts";
import { Tokens } from "../../../embedded/gcp/tokens.ts";

const method = "/google.storage.control.v2.StorageControl/GetStorageLayout";
const email = "app@p.iam.gserviceaccount.com";

/** A request as gRPC frames it: the name of the layout is field 1. */
function request(bucket: string): Buffer {
  const name = Buffer.from(`projects/_/buckets/${bucket}/storageLayout`);
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
}

describe("the Storage Control API", () => {
  const tokens = new Tokens((text) => text.slice(0, 8));
  const bindings = [{ resource: "b/uploads", role: "roles/storage.objectAdmin", member: `serviceAccount:${email}` }];
  const access = new Access(
    tokens,
    () => bindings,
    () => true,
  );
  const control = new StorageControl(access, { projectOf: (bucket) => (bucket === "gone" ? undefined : "p") });
  let server: Http2Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => void control.handle(request, response));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => void server.close());

  async function call(
    path: string,
    body: Buffer,
    token?: string,
  ): Promise<{ status: string; message: string; body: Buffer }> {
    const session = connect(url);
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const stream = session.request({
      ":path": path,
      ":method": "POST",
      "content-type": "application/grpc",
      ...authorization,
    });
    let trailers: Record<string, unknown> = {};
    stream.on("trailers", (headers) => {
      trailers = headers;
    });
    stream.end(body);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    session.close();
    const message = decodeURIComponent((trailers["grpc-message"] as string | undefined) ?? "");
    return { status: trailers["grpc-status"] as string, message, body: Buffer.concat(chunks) };
  }
  const { token } = tokens.issue({ email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] });

  it("says that a bucket has no real folders, by saying nothing of them", async () => {
    const answer = await call(method, request("uploads"), token);
    expect(answer.status).toBe("0");
    const name = "projects/_/buckets/uploads/storageLayout";
    expect(answer.body).toEqual(
      Buffer.concat([
        Buffer.from([0, 0, 0, 0, 2 + name.length + 2 + "region".length, 0x0a, name.length]),
        Buffer.from(name),
        Buffer.from([0x1a, "region".length]),
        Buffer.from("region"),
      ]),
    );
  });

  it.each([
    ["another bucket", "other", token, "7", `${email} does not have storage.objects.list access`],
    ["a bucket that is not there", "gone", token, "7", `${email} does not have storage.objects.list access`],
    ["nobody", "uploads", undefined, "16", "Anonymous caller does not have storage.objects.list access"],
    ["a bad token", "uploads", "x", "16", "Request had invalid authentication credentials"],
  ])("refuses %s", async (_, bucket, shown, status, message) => {
    const answer = await call(method, request(bucket), shown);
    expect(answer.status).toBe(status);
    expect(answer.message).toContain(message);
  });

  it("knows no other method", async () => {
    expect(
      (await call("/google.storage.control.v2.StorageControl/CreateFolder", request("uploads"), token)).status,
    ).toBe("12");
  });
});
