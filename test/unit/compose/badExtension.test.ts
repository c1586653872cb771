// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so.
import { expect, test } from "vitest";
import { type Case, refusal, two, web } from "./project.ts";

// What is said beside Compose's own fields, in the file or in the stack's configuration, or not said and needed. Each case is the whole of
// what the user is told.

const cases: Readonly<Record<string, Case>> = {
  "an extension of unknown things": {
    files: `${web(`ports: ["80:80"]`)}
x-retrofit:
  expose: [81]
  jobs: {}
  services:
    wep: { job: true }
    web:
      jobs: true
      job: perhaps
      binds: { /data: disk }
      environment: { A: [b] }
  volumes:
    data: { storage: bucket }
`,
    says: `compose.yaml:5: x-retrofit.expose[0] is 81, which no service publishes. Give a port of the host that a service publishes.
compose.yaml:6: x-retrofit.jobs is not known here. Give one of: services, volumes, expose.
compose.yaml:8: x-retrofit.services.wep is not a service of the app. Give one of: web.
compose.yaml:10: x-retrofit.services.web.jobs is not known here. Give one of: job, expose, binds, environment.
compose.yaml:11: x-retrofit.services.web.job is "perhaps". Give true or false.
compose.yaml:12: x-retrofit.services.web.binds["/data"] is not where the service mounts a folder or file of the host. Give the path in the container of a bind mount.
compose.yaml:13: x-retrofit.services.web.environment.A is not a text. Give a text, a number, true or false.
compose.yaml:15: x-retrofit.volumes.data is not a volume of the app. Remove it: the app has no volume.`,
  },
  "an extension with wrong values": {
    files: `${web(`volumes: ["data:/data", ".:/src"]`)}
volumes: { data: }
x-retrofit:
  services:
    web: { binds: { /src: keep } }
  volumes:
    data: { storage: s3, uid: -1, fileMode: "999", dirMode: 755, existing: "" }
`,
    says: `compose.yaml:7: x-retrofit.services.web.binds["/src"] is "keep". Give "disk" to keep it, "copy" to take its content along, read-only, or "drop" to leave it out.
compose.yaml:9: x-retrofit.volumes.data.storage is "s3". Give disk, bucket or image.
compose.yaml:9: x-retrofit.volumes.data.uid is -1. Give a number from 0 upwards.
compose.yaml:9: x-retrofit.volumes.data.fileMode is "999". Give an octal mode in quotes, such as "0640".
compose.yaml:9: x-retrofit.volumes.data.dirMode is 755. Give an octal mode in quotes, such as "0640".
compose.yaml:9: x-retrofit.volumes.data.existing is "". Give a name that is not secret.`,
  },
  "a secret in the extension": {
    files: `${web(`volumes: ["data:/data"]`)}
volumes: { data: }
x-retrofit: { volumes: { data: { storage: bucket, existing: "$KEY" } } }
`,
    options: { secretNames: ["KEY"] },
    says: `compose.yaml:5: x-retrofit.volumes.data.existing is "\${KEY}". Give a name that is not secret.`,
  },
  "the same in the stack's configuration": {
    files: web(`volumes: ["data:/data"]`, "volumes: { data: }"),
    options: {
      extension: { expose: [5432], services: { app: {} }, volumes: { data: { storage: "disk", uid: 3 }, logs: {} } },
    },
    says: `stack configuration: retrofit:services.app is not a service of the app. Give one of: web.
stack configuration: retrofit:volumes.data.uid is for volumes with storage: bucket only. Remove it.
stack configuration: retrofit:volumes.logs is not a volume of the app. Give one of: data.
stack configuration: retrofit:expose[0] is 5432, which no service publishes. Give a port of the host that a service publishes.`,
  },
  "an extension in the wrong place": {
    files: web("x-retrofit: { job: true }"),
    says: `compose.yaml:2: services.web.x-retrofit is not read there. Move it to x-retrofit.services.web at the top of the file.`,
  },
  "a database on a bucket": {
    files: two("", `volumes: ["data:/var/lib/postgresql/data"]`, "volumes: { data: }"),
    options: { extension: { volumes: { data: { storage: "bucket" } } } },
    says: `compose.yaml:4: volumes.data is a bucket, but db keeps PostgreSQL's data there, which needs locks and writes in place that a bucket has not. Take storage: disk.`,
  },
  "a SQLite file on a bucket": {
    files: web(
      `environment: { DATABASE_URL: "sqlite:////srv/data/app.db" }, volumes: ["data:/srv/data"]`,
      "volumes: { data: }",
    ),
    options: { extension: { volumes: { data: { storage: "bucket" } } } },
    says: `compose.yaml:3: volumes.data is a bucket, but web keeps a SQLite file there, which needs locks and writes in place that a bucket has not. Take storage: disk.`,
  },
  "content of an image that nobody can supply": {
    files: web(`volumes: ["data:/data:ro"]`, "volumes: { data: }"),
    options: { extension: { volumes: { data: { storage: "image" } } } },
    says: `compose.yaml:3: volumes.data takes its content from an image, but no service mounts it writable, so there is no image to take it from. Mount it without read_only in the service whose image has the files.`,
  },
  "a writable bind on a cloud": {
    files: web(`volumes: [".:/src"]`),
    options: { target: "gcp" },
    says: `compose.yaml:2: services.web.volumes[0] is a writable bind of <folder>, which the cloud's machine does not have. Say in retrofit:services.web.binds what becomes of /src: "disk" to keep it, "copy" to take its content along, read-only, "drop" to leave it out.`,
  },
  "a single file to be kept, and something that is neither file nor folder": {
    files: { "compose.yaml": web('volumes: ["./a.conf:/a.conf", "/dev/null:/b:ro"]'), "a.conf": "" },
    options: { target: "gcp", extension: { services: { web: { binds: { "/a.conf": "disk" } } } } },
    says: `compose.yaml:2: services.web.volumes[0] is a single file, which no volume can be. Keep its folder.
compose.yaml:2: services.web.volumes[1] mounts /dev/null, which is neither a file nor a folder. Correct the path.`,
  },
  "Docker's socket on a cloud": {
    files: web(`volumes: ["/var/run/docker.sock:/var/run/docker.sock"]`),
    options: { target: "gcp" },
    says: `compose.yaml:2: services.web.volumes[0] hands the container control over the Docker engine, and with it over the machine. Remove it: there is no engine for the app on this target.`,
  },
};

test.each(Object.entries(cases))("%s", async (_, { files, options, says }) => {
  expect(await refusal(files, options)).toBe(says);
});
