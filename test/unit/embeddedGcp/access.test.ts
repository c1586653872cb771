import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Vault } from "../../../embedded/daemon/vault.ts";
import { Access, tokenOf } from "../../../embedded/gcp/iam/access.ts";
import { allows, scopesCover } from "../../../embedded/gcp/iam/policy.ts";
import { Store } from "../../../embedded/gcp/store.ts";
import { Tokens } from "../../../embedded/gcp/tokens.ts";

const folder = mkdtempSync(join(tmpdir(), "retrofit-access-"));
afterAll(() => rmSync(folder, { recursive: true }));

const email = "app@p.iam.gserviceaccount.com";
const member = `serviceAccount:${email}`;

describe("a policy", () => {
  const bindings = [
    { resource: "b/uploads", role: "roles/storage.objectAdmin", member },
    { resource: "projects/p", role: "roles/logging.logWriter", member },
    { resource: "b/public", role: "roles/storage.objectViewer", member: "allUsers" },
    { resource: "b/inner", role: "roles/storage.objectViewer", member: "allAuthenticatedUsers" },
    { resource: "b/odd", role: "roles/made.up", member },
  ];
  it.each([
    ["the role's permission on the resource", email, "storage.objects.create", ["b/uploads", "projects/p"], true],
    ["on another resource", email, "storage.objects.create", ["b/other", "projects/p"], false],
    ["a permission that the role has not", email, "storage.buckets.get", ["b/uploads", "projects/p"], false],
    ["a role on the project", email, "logging.logEntries.create", ["projects/p"], true],
    ["another account", "x@p.iam.gserviceaccount.com", "storage.objects.create", ["b/uploads"], false],
    ["nobody, on what is public", undefined, "storage.objects.get", ["b/public"], true],
    ["nobody, on what is for accounts", undefined, "storage.objects.get", ["b/inner"], false],
    ["any account, on what is for accounts", email, "storage.objects.get", ["b/inner"], true],
    ["a role that nobody knows", email, "storage.objects.get", ["b/odd"], false],
  ])("%s", (_, who, permission, resources, expected) => {
    expect(allows(bindings, who, permission, resources)).toBe(expected);
  });

  it.each([
    ["cloud-platform", "secretmanager.versions.access", true],
    ["devstorage.read_only", "storage.objects.get", true],
    ["devstorage.read_only", "artifactregistry.repositories.downloadArtifacts", true],
    ["devstorage.read_only", "storage.objects.create", false],
    ["devstorage.read_write", "storage.objects.create", true],
    ["devstorage.full_control", "secretmanager.versions.access", false],
    ["logging.write", "logging.logEntries.create", true],
  ])("the scope %s covers %s: %s", (scope, permission, expected) => {
    expect(scopesCover([`https://www.googleapis.com/auth/${scope}`], permission)).toBe(expected);
  });
});

describe("tokens", () => {
  let now = 1_000_000;
  const vault = new Vault(new Store(join(folder, "state.json")), join(folder, "key"));
  const tokens = new Tokens(
    (text) => vault.sign(text),
    () => now,
  );
  const caller = { email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] };

  it("are known again, for an hour", () => {
    const { token, expiresIn } = tokens.issue(caller);
    expect(tokens.verify(token)).toEqual(caller);
    now += expiresIn * 1000 + 1;
    expect(tokens.verify(token)).toBeUndefined();
  });

  it("are not when anything of them is changed", () => {
    const { token } = tokens.issue(caller);
    const [prefix, claims = "", signature] = token.split(".");
    const other = Buffer.from(JSON.stringify({ ...caller, email: "root@p", expires: 1e12 })).toString("base64url");
    for (const bad of [
      "",
      "ya29",
      `${prefix}.${other}.${signature}`,
      `${prefix}.${claims}.x`,
      `${token}.x`,
      "anonymous",
    ]) {
      expect(tokens.verify(bad)).toBeUndefined();
    }
    expect(
      new Tokens((text) => new Vault(new Store(join(folder, "s2.json")), join(folder, "key2")).sign(text)).verify(
        token,
      ),
    ).toBeUndefined();
  });

  it("are found in both ways of being shown", () => {
    expect(tokenOf("Bearer abc")).toBe("abc");
    expect(tokenOf(`Basic ${Buffer.from("_dcgcr_2_2_1_token:abc").toString("base64")}`)).toBe("abc");
    expect(tokenOf("Digest abc")).toBeUndefined();
    expect(tokenOf(undefined)).toBeUndefined();
  });

  it("of an account that is gone are not good", () => {
    const request = { headers: { authorization: `Bearer ${tokens.issue(caller).token}` } } as IncomingMessage;
    expect(
      new Access(
        tokens,
        () => [],
        () => true,
      ).callerOf(request),
    ).toEqual(caller);
    expect(() =>
      new Access(
        tokens,
        () => [],
        () => false,
      ).callerOf(request),
    ).toThrow("invalid authentication credentials");
  });
});

describe("the vault", () => {
  it("keeps bytes over a restart, and none in plain text", () => {
    const file = join(folder, "vault.json");
    const key = join(folder, "vault.key");
    new Vault(new Store(file), key).put("secret", Buffer.from("plain words"));
    const again = new Vault(new Store(file), key);
    expect(again.get("secret")?.toString()).toBe("plain words");
    expect(again.get("other")).toBeUndefined();
    expect(readFileSync(file, "utf8")).not.toContain("plain words");
    expect(readFileSync(file, "utf8")).not.toContain(Buffer.from("plain words").toString("base64"));
    for (const each of [file, key]) expect(statSync(each).mode & 0o777).toBe(0o600);
    again.remove("secret");
    expect(again.get("secret")).toBeUndefined();
  });
});
