// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so.
import { expect, test } from "vitest";
import { type Case, refusal, two, web } from "./project.ts";

// What Compose itself refuses, told with the place and what to do. Each case is the whole of what the user is told.

const cases: Readonly<Record<string, Case>> = {
  "a folder without a compose file": {
    files: { "readme.md": "" },
    says: `<folder>: has no compose.yaml. Add one, or name the compose file itself.`,
  },
  "a file that does not exist": {
    files: {},
    options: { file: "/nowhere/compose.yaml" },
    says: `/nowhere/compose.yaml: does not exist. Name a folder with a compose file, or the file itself.`,
  },
  "a file that COMPOSE_FILE names and nobody wrote": {
    files: { ".env": "COMPOSE_FILE=gone.yaml" },
    says: `gone.yaml: is named by COMPOSE_FILE but does not exist in <folder>. Correct COMPOSE_FILE.`,
  },
  "an empty file": { files: "", says: `compose.yaml: is empty. Describe the app's services in it.` },
  "broken YAML": {
    files: "services:\n  web:\n    image: nginx\n   ports: []\n",
    says: `compose.yaml:4: is not valid YAML: All mapping items must start at the same column. Correct the line.`,
  },
  "a tab": {
    files: "services:\n\tweb: {}\n",
    says: `compose.yaml:2: is not valid YAML: Tabs are not allowed as indentation. Correct the line.`,
  },
  "broken YAML in an included file": {
    files: { "compose.yaml": "include: [more.yaml]\nservices: {}\n", "more.yaml": "services:\n  a: [\n" },
    says: `more.yaml:3: is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]. Correct the line.`,
  },
  "a key that is there twice": {
    files: "services:\n  web: { image: a }\n  web: { image: b }\n",
    says: `compose.yaml:3: is not valid YAML: mapping key "web" already defined at line 2. Correct the line.`,
  },
  "a list for the file": {
    files: "- services\n",
    says: `compose.yaml: Compose refuses it: top-level object must be a mapping. Correct the file.`,
  },
  "unknown fields": {
    files: web("imagee: x,\n    prots: []"),
    says: `compose.yaml:2: services.web.imagee is not a field of Compose. Correct its name, or remove it.
compose.yaml:3: services.web.prots is not a field of Compose. Correct its name, or remove it.`,
  },
  "an unknown field at the top": {
    files: `${web("")}servces: {}\n`,
    says: `compose.yaml:3: servces is not a field of Compose. Correct its name, or remove it.`,
  },
  "a service's name with a space": {
    files: `services: { "web app": { image: nginx } }`,
    says: `compose.yaml:1: services["web app"] has a name with other than letters, digits, dots, dashes and underscores. Rename it.`,
  },
  "a wrong type": {
    files: web("user: 1000"),
    says: `compose.yaml:2: services.web.user must be a string. Correct the value.`,
  },
  "neither image nor build": {
    files: "services:\n  web:\n    ports: []\n",
    says: `compose.yaml:2: services.web has neither image nor build. Give one of the two.`,
  },
  "an unknown service in depends_on": {
    files: web("depends_on: [db]"),
    says: `compose.yaml:2: services.web depends on db, which is no active service. Correct the name, add the service, or activate its profile.`,
  },
  "a service whose profile is not active in depends_on": {
    files: two("depends_on: [db]", "profiles: [extra]"),
    says: `compose.yaml:2: services.web depends on db, which is no active service. Correct the name, add the service, or activate its profile.`,
  },
  "a cycle in depends_on": {
    files: two("depends_on: [db]", "depends_on: [web]"),
    says: `compose.yaml:3: services depend on one another in a circle: db -> web -> db. Remove one of these dependencies.`,
  },
  "an undeclared network": {
    files: web("networks: [back]"),
    says: `compose.yaml:2: services.web uses the network back, which is not declared. Add back under networks, or correct the name.`,
  },
  "an undeclared volume": {
    files: web(`volumes: ["data:/data"]`),
    says: `compose.yaml:2: services.web uses the volume data, which is not declared. Add data under volumes, or correct the name.`,
  },
  "an undeclared secret": {
    files: web("secrets: [key]"),
    says: `compose.yaml:2: services.web uses the secret key, which is not declared. Add key under secrets, or correct the name.`,
  },
  "a variable that is required": {
    files: web("hostname: '${NAME:?the host name}'"),
    says: `compose.yaml:2: services.web.hostname needs the variable NAME, which is not set (the host name). Set it: pulumi config set --path retrofit:environment.NAME.`,
  },
  "a dollar sign that begins no variable": {
    files: web("hostname: '${NAME'"),
    says: `compose.yaml:2: services.web.hostname has a dollar sign that begins no variable: \${NAME. Write \${NAME} for a variable, and $$ for a dollar sign.`,
  },
  "no boolean": {
    files: web("tty: '${TTY:-maybe}'"),
    says: `compose.yaml:2: services.web.tty has the wrong type: invalid boolean: maybe. Correct the value.`,
  },
  "no size": {
    files: web("mem_limit: lots"),
    says: `compose.yaml:2: services.web.mem_limit has an invalid size: 'lots'. Correct the value.`,
  },
  "no duration": {
    files: web("stop_grace_period: soon"),
    says: `compose.yaml:2: services.web.stop_grace_period has an invalid duration "soon". Correct the value.`,
  },
  "no port": {
    files: web(`ports: ["http:80"]`),
    says: `compose.yaml:2: Compose refuses it: invalid hostPort: http. Correct the file.`,
  },
  "two limits that differ": {
    files: web(`cpus: 1, deploy: { resources: { limits: { cpus: "2" } } }`),
    says: `compose.yaml:2: Compose refuses it: services.web: can't set distinct values on 'cpus' and 'deploy.resources.limits.cpus'. Correct the file.`,
  },
  "container names that are the same": {
    files: two("container_name: app", "container_name: app"),
    says: `compose.yaml:2: two services have the container_name app. Choose another name for one of them.`,
  },
  "an env_file that does not exist": {
    files: web("env_file: [gone.env]"),
    says: `compose.yaml:2: env_file is gone.env, which does not exist. Add the file, correct the path, or say required: false.`,
  },
  "an env_file that is none": {
    files: { "compose.yaml": web("env_file: [bad.env]"), "bad.env": "A=b\nfoo bar=hunter2\n" },
    says: `bad.env:2: is not a file of variables. Write one NAME=value a line.`,
  },
  "a .env that is none": {
    files: { "compose.yaml": web(""), ".env": `A="hunter2\n` },
    says: `.env:2: is not a file of variables. Write one NAME=value a line.`,
  },
  "an extended file that does not exist": {
    files: web("extends: { file: gone.yaml, service: a }"),
    says: `compose.yaml:2: names gone.yaml, which does not exist. Add the file, or correct the path.`,
  },
  "an environment file that does not exist": {
    files: web(""),
    options: { environmentFiles: ["gone.env"] },
    says: `gone.env: is named as a file of variables but cannot be read. Correct the path.`,
  },
  "a port that is no address": {
    files: web(`ports: ["80:80:80:80"]`),
    says: `compose.yaml:2: Compose refuses it: invalid IP address: 80:80. Correct the file.`,
  },
  "a project's name in capitals": {
    files: web(""),
    options: { projectName: "My App" },
    says: `compose.yaml: the project's name is "My App", but must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number. Rename it.`,
  },
};

test.each(Object.entries(cases))("%s", async (_, { files, options, says }) => {
  expect(await refusal(files, options)).toBe(says);
});
