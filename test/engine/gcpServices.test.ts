import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheFolder } from "../../tools/context.mjs";
import { goToolPath } from "../../tools/goTool.mjs";
import { gcsfuse } from "../../tools/versions.mjs";
import { eventually } from "../support/eventually.ts";
import { project, TestCloud, zone } from "../support/gcpCloud.ts";

const run = promisify(execFile);
const registry = "127.0.0.1:5050";
const repository = `gcr.io/${project}/services-test`;
const privateRepository = "acme-test/private";

// What a machine's guest is told by the names that it uses in Google's cloud.
describe("the services behind a machine", () => {
  let cloud: TestCloud;
  let email: string;
  const id = `projects/${project}/zones/${zone}/instances/web`;
  const member = () => `serviceAccount:${email}`;

  beforeAll(async () => {
    await pushMounter();
    cloud = await TestCloud.create();
    email = await cloud.prepare("secretmanager", "artifactregistry", "cloudresourcemanager");
    await cloud.create("instance", {
      name: "web",
      machineType: "e2-small",
      bootDisk: { initializeParams: { image: "projects/cos-cloud/global/images/family/cos-stable" } },
      networkInterfaces: [{ network: "default", accessConfigs: [{}] }],
      serviceAccount: { email, scopes: ["cloud-platform"] },
      metadata: { "enable-guest-attributes": "TRUE", "google-logging-enabled": "true", release: "one" },
    });
    await eventually(() => cloud.inside("docker info"));
  });
  afterAll(async () => {
    await cloud.remove();
    const images = [repository, privateRepository].map((name) => `${registry}/${name}`);
    await run("docker", ["image", "rm", ...images]).catch(() => undefined);
  });

  /** An image with gcsfuse and a shell, under Google's name in the local registry. */
  async function pushMounter() {
    const folder = await mkdtemp(join(tmpdir(), "retrofit-mounter-"));
    await copyFile(goToolPath(cacheFolder(process.env), "gcsfuse", gcsfuse.version), join(folder, "gcsfuse"));
    await writeFile(join(folder, "ca-certificates.crt"), "# none of its own\n");
    await writeFile(
      join(folder, "Dockerfile"),
      "FROM debian:trixie-slim\nCOPY ca-certificates.crt /etc/ssl/certs/\nCOPY gcsfuse /usr/bin/\n",
    );
    await run("docker", ["build", "--quiet", "--tag", `${registry}/${repository}`, folder]);
    for (const name of [repository, privateRepository]) {
      await run("docker", ["tag", `${registry}/${repository}`, `${registry}/${name}`]);
      await run("docker", ["push", "--quiet", `${registry}/${name}`]);
    }
    await rm(folder, { recursive: true });
  }

  const metadata = (path: string, options = "") =>
    cloud.inside(
      `curl -s -H 'Metadata-Flavor: Google' ${options} 'http://metadata.google.internal/computeMetadata/v1/${path}'`,
    );

  it("metadata: a change wakes who waits for it", async () => {
    const etag = /^etag: (\S+)/im.exec(await metadata("instance/attributes/release", "-D - -o /dev/null"))?.[1];
    const waiting = metadata(`instance/attributes/release?wait_for_change=true&timeout_sec=600&last_etag=${etag}`);
    const late = metadata(`instance/attributes/release?wait_for_change=true&timeout_sec=1&last_etag=${etag}`);
    expect(await late).toBe("one");
    const found = await cloud.read("instance", id);
    const inputs = {
      ...found?.outputs,
      metadata: { "enable-guest-attributes": "TRUE", "google-logging-enabled": "true", release: "two" },
    };
    await cloud.update("instance", id, inputs);
    expect(await waiting).toBe("two");
  });

  it("metadata: guest attributes are seen outside", async () => {
    await metadata("instance/guest-attributes/app/state", "-X PUT --data 'all well'");
    expect(
      await cloud.call("gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes", {
        name: "web",
        zone,
        queryPath: "app/",
      }),
    ).toMatchObject({ queryValues: [{ namespace: "app", key: "state", value: "all well" }] });
    await expect(
      cloud.call("gcp:compute/getInstanceGuestAttributes:getInstanceGuestAttributes", {
        name: "web",
        zone,
        queryPath: "other/",
      }),
    ).rejects.toThrow("googleapi: Error 404: The resource 'other/' of type 'Guest Attribute' was not found., notFound");
  });

  it("Secret Manager: only to who may", async () => {
    await cloud.create("Secret", { secretId: "password", replication: { auto: {} } });
    await cloud.create("SecretVersion", { secret: `projects/${project}/secrets/password`, secretData: "s3cret" });
    const access = () =>
      cloud.inside(`token=$(curl -s -H 'Metadata-Flavor: Google' http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token | sed 's/.*access_token":"\\([^"]*\\).*/\\1/')
curl -s -H "Authorization: Bearer $token" https://secretmanager.googleapis.com/v1/projects/${project}/secrets/password/versions/latest:access`);
    expect(JSON.parse(await access())).toMatchObject({ error: { code: 403, status: "PERMISSION_DENIED" } });
    const role = "roles/secretmanager.secretAccessor";
    const grant = await cloud.grant("secretmanager", { secretId: "password", role, member: member() });
    const { payload } = JSON.parse(await access());
    expect(Buffer.from(payload.data, "base64").toString()).toBe("s3cret");
    await cloud.revoke("secretmanager", grant.id);
    expect(JSON.parse(await access())).toMatchObject({ error: { code: 403 } });
  });

  it("Artifact Registry: pulls with Container-Optimized OS's own helper, and the right role", async () => {
    const pull = () =>
      cloud.inside(`export HOME=/var/lib/google/home; mkdir -p $HOME; docker-credential-gcr configure-docker --registries=gcr.io >/dev/null 2>&1
docker pull --quiet ${repository} 2>&1`);
    const role = "roles/artifactregistry.reader";
    await expect(pull()).rejects.toThrow(/denied/);
    await cloud.grant("projects", { role, member: member() });
    await expect(pull()).rejects.toThrow(/not found|does not exist/);
    await cloud.create("Repository", { repositoryId: "gcr.io", location: "us", format: "DOCKER" });
    expect(await pull()).toContain(repository);
  });

  it("Docker Hub: public images for all, private ones with a login", async () => {
    expect(await cloud.inside("docker pull --quiet debian:trixie-slim")).toBe("docker.io/library/debian:trixie-slim");
    await writeFile(
      join(cloud.folder, "dockerHub.json"),
      JSON.stringify({ accounts: { acme: "pass" }, private: { [privateRepository]: ["acme"] } }),
    );
    const pull = `docker pull --quiet ${privateRepository} 2>&1`;
    await expect(cloud.inside(`export HOME=/tmp; ${pull}`)).rejects.toThrow(/denied|authentication required/);
    const login = (password: string) =>
      cloud.inside(
        `export HOME=/tmp; echo ${password} | docker login --username acme --password-stdin 2>&1 && ${pull}`,
      );
    await expect(login("wrong")).rejects.toThrow(/incorrect username or password/);
    expect(await login("pass")).toContain(privateRepository);
  });

  it("Cloud Storage: a bucket mounts without flags of its own, and survives the cloud's own restart", async () => {
    const name = `${project}-uploads`;
    await cloud.create("bucket", { name, location: "us-east1", uniformBucketLevelAccess: true });
    const mount = `docker run -d --name mount --cap-drop ALL --cap-add SYS_ADMIN --device /dev/fuse --security-opt apparmor=unconfined \
${repository} bash -c 'mkdir -p /b && exec gcsfuse --foreground --implicit-dirs --rename-dir-limit=100 ${name} /b'`;
    const mounted = () => cloud.inside("docker exec mount bash -c 'grep -q \" /b \" /proc/mounts && ls /b'");
    await cloud.inside(`docker rm -f mount 2>/dev/null; ${mount}`);
    await eventually(async () => {
      const message = `${email} does not have storage.objects.list access to the Google Cloud Storage bucket.`;
      expect(await cloud.inside("docker logs mount 2>&1")).toContain(message);
    });
    await cloud.grant("storage", { bucket: name, role: "roles/storage.objectAdmin", member: member() });
    await cloud.inside(`docker rm -f mount; ${mount}`);
    await eventually(mounted);
    const inMount = (script: string) => cloud.inside(`docker exec mount bash -c ${JSON.stringify(script)}`);
    await inMount(
      "cd /b && mkdir -p sub/deep && head -c 3000000 /dev/urandom > sub/big && echo small > sub/deep/one && echo two > two",
    );
    await inMount(
      "cd /b && mv two sub/renamed && mv sub/deep sub/moved && echo more >> sub/moved/one && rm -f nothing",
    );
    const sum = await inMount("md5sum < /b/sub/big");
    const names = async () =>
      ((await cloud.control("objects", name)) as { name: string }[]).map((each) => each.name).sort();
    const expected = ["sub/", "sub/big", "sub/moved/", "sub/moved/one", "sub/renamed"];
    expect(await names()).toEqual(expected);

    // The daemon and its emulator end, and the next ones too; what was written is on disk, and the machine finds all of them.
    for (let turn = 0; turn < 2; turn++) {
      await cloud.client.stop();
      expect(await names()).toEqual(expected);
    }
    await cloud.inside("docker restart --time 1 mount");
    await eventually(mounted);
    expect(await inMount("md5sum < /b/sub/big; cat /b/sub/moved/one")).toBe(`${sum}\nsmall\nmore`);

    await expect(cloud.delete("bucket", name)).rejects.toThrow(
      `Error trying to delete bucket ${name} without \`force_destroy\` set to true`,
    );
    await inMount("rm -r /b/sub");
    expect(await names()).toEqual([]);
    await cloud.delete("bucket", name);
  });

  it("Cloud Logging: lines of containers arrive, those of one that is gone at once too", async () => {
    const hello = `docker run --rm --name says ${repository} bash -c 'echo "first \\"quoted\\" \\\\ line"; echo to-stderr >&2; sleep 5'`;
    await cloud.inside(hello);
    const role = "roles/logging.logWriter";
    const before = await cloud.logs();
    expect(before).toEqual([]);
    await cloud.grant("projects", { role, member: member() });
    await eventually(async () => {
      const lines = (await cloud.logs())
        .map(({ jsonPayload }) => jsonPayload)
        .filter((payload) => payload["cos.googleapis.com/container_name"] === "says");
      expect(lines.map(({ message, "cos.googleapis.com/stream": stream }) => [stream, message]).sort()).toEqual([
        ["stderr", "to-stderr"],
        ["stdout", 'first "quoted" \\ line'],
      ]);
    });
  });

  it("answers for nothing that it does not imitate", async () => {
    expect(JSON.parse(await cloud.inside("curl -s https://compute.googleapis.com/compute/v1/projects"))).toMatchObject({
      error: { code: 404, message: "compute.googleapis.com is not imitated by the embedded cloud." },
    });
  });
});
