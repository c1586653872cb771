import { describe, expect, it } from "vitest";
import { instanceOf } from "../../../embedded/gcp/compute/instance.ts";
import { metadataOf } from "../../../embedded/gcp/metadata/content.ts";
import { at, folder, list, listing, text, toJson, toText } from "../../../embedded/gcp/metadata/tree.ts";
import { instanceOutputs } from "./sampleInstance.ts";

const instance = instanceOf("projects/p/zones/us-east1-b/instances/web", instanceOutputs);
const tree = metadataOf(instance, { shared: "yes" }, { app: { state: "fine" } });

describe("what the metadata server says", () => {
  it.each([
    ["instance/attributes/release", "one"],
    ["instance/hostname", "web.us-east1-b.c.p.internal"],
    ["instance/id", "1234567890123456789"],
    ["instance/zone", "projects/199744989092/zones/us-east1-b"],
    ["instance/tags", '["http-server"]'],
    ["instance/network-interfaces/0/ip", "10.20.0.2"],
    ["instance/network-interfaces/0/access-configs/0/external-ip", "10.250.1.128"],
    ["instance/disks/1/device-name", "data"],
    ["instance/service-accounts/default/email", "app@p.iam.gserviceaccount.com"],
    ["instance/service-accounts/app@p.iam.gserviceaccount.com/aliases", "default\n"],
    ["instance/guest-attributes/app/state", "fine"],
    ["instance/scheduling/automatic-restart", "TRUE"],
    ["project/project-id", "p"],
    ["project/attributes/shared", "yes"],
    ["universe/universe-domain", "googleapis.com"],
  ])("%s", (path, value) => {
    expect(at(tree, path.split("/"))).toMatchObject({ kind: "leaf", text: value });
  });

  it("has nothing under names that JavaScript's objects have", () => {
    expect(at(tree, ["instance", "attributes", "constructor"])).toBeUndefined();
    expect(at(tree, ["instance", "disks", "length"])).toBeUndefined();
  });

  it("keeps numbers that are too long for JSON whole", () => {
    expect(toJson(tree)).toMatchObject({ instance: { id: "1234567890123456789", networkInterfaces: [{ mtu: 1460 }] } });
  });
});

describe("a tree", () => {
  const sample = folder({
    "two-words": text("1"),
    list: list([folder({ "a-b": text("x") })]),
    own: folder({ "kept-as-is": text("y") }, true),
    absent: undefined,
  });

  it("lists folders with a slash", () => expect(listing(sample)).toBe("list/\nown/\ntwo-words\n"));
  it("is JSON in camel case, but for the user's own keys", () => {
    expect(toJson(sample)).toEqual({ twoWords: "1", list: [{ aB: "x" }], own: { "kept-as-is": "y" } });
  });
  it("is text by path", () => expect(toText(sample)).toBe("two-words 1\nlist/0/a-b x\nown/kept-as-is y\n"));
});
