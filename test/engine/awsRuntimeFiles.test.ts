import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FileSystems } from "../../embedded/aws/runtime/files/fileSystems.ts";
import { runtimeImage } from "../../embedded/aws/runtime/image.ts";
import { connect } from "../../embedded/docker/connect.ts";
import { docker } from "../support/stack.ts";

const { docker: engine } = connect({});
const files = new FileSystems(engine, randomBytes(4).toString("hex"), () => runtimeImage(engine));
const mount = {
  fileSystemId: "fs-0001",
  path: "/data",
  posixUser: { uid: 1000, gid: 1000, secondaryGids: [] },
  creation: { uid: 1000, gid: 1000, permissions: "0700" },
  readOnly: false,
  rootAccess: true,
};
let server: string;

const mounts = async () =>
  (await docker("exec", server, "cat", "/proc/mounts")).split("\n").filter((line) => line.includes("/fs/access/"));

beforeAll(async () => {
  server = (await files.open(mount, "first")).server as string;
});

afterAll(() => files.remove(mount.fileSystemId));

it("stays mounted for a task that comes as the last other one goes", async () => {
  await Promise.all([files.open(mount, "second"), files.release("first")]);
  expect(await mounts()).toHaveLength(1);
});

it("is mounted again for a task that comes just after", async () => {
  const going = files.release("second");
  await Promise.all([files.open(mount, "third"), going]);
  expect(await mounts()).toHaveLength(1);
});

it("ends with the last task, be it one that the daemon has found again", async () => {
  files.hold("found", [server]);
  await files.release("third");
  expect(await mounts()).toHaveLength(1);
  await files.release("found");
  expect(await docker("ps", "--all", "--quiet", "--filter", `name=${server}`)).toBe("");
});
