import { expect, test } from "vitest";
import { Sources } from "../../../compose/source.ts";

const files: Readonly<Record<string, string>> = {
  "/app/compose.yaml": `x-env: &env
  LOG: debug
x-base: &base
  restart: always
  environment: *env
include:
  - path: more/extra.yaml
services:
  web:
    <<: [*base]
    image: nginx
    ports:
      - "80:80"
      - target: 81
        published: "81"
    environment:
      - A=1
      - B
  worker:
    extends:
      file: base.yaml
      service: base
    user: me
  "quoted": { image: x, labels: { a.b: c } }
`,
  "/app/base.yaml": `services:
  root:
    pid: host
  base:
    extends: root
    init: true
`,
  "/app/more/extra.yaml": "services:\n  cache:\n    image: redis\n",
  "/app/override.yaml": "services:\n  web:\n    image: nginx:2\n",
};
const sources = new Sources(["/app/compose.yaml", "/app/override.yaml"], (file) => files[file]);

test.each([
  ["a field", ["services", "web", "ports"], "compose.yaml:12"],
  ["an item of a list", ["services", "web", "ports", 0], "compose.yaml:13"],
  ["a field in a list's item", ["services", "web", "ports", 1, "published"], "compose.yaml:15"],
  ["what Compose made of a short form", ["services", "web", "ports", 0, "published"], "compose.yaml:13"],
  ["an item beyond the list", ["services", "web", "ports", 7], "compose.yaml:12"],
  ["a NAME=value", ["services", "web", "environment", "A"], "compose.yaml:17"],
  ["a NAME", ["services", "web", "environment", "B"], "compose.yaml:18"],
  ["what comes by a merge key", ["services", "web", "restart"], "compose.yaml:4"],
  ["the later of two files", ["services", "web", "image"], "override.yaml:3"],
  ["what is inherited from another file", ["services", "worker", "init"], "base.yaml:6"],
  ["what that file's service inherits in turn", ["services", "worker", "pid"], "base.yaml:3"],
  ["what an inheriting service has itself", ["services", "worker", "user"], "compose.yaml:23"],
  ["a field in an included file", ["services", "cache", "image"], "more/extra.yaml:3"],
  ["keys in quotes and with dots", ["services", "quoted", "labels", "a.b"], "compose.yaml:24"],
  ["a field that is not written", ["services", "worker", "networks", "default"], "compose.yaml:19"],
  ["a thing that is not there", ["volumes", "data"], "compose.yaml"],
] as const)("%s", (_, path, where) => {
  expect(sources.where(path)).toBe(where);
});

test("whether a field is written", () => {
  expect(sources.has(["services", "web", "restart"])).toBe(true);
  expect(sources.has(["services", "worker", "pid"])).toBe(true);
  expect(sources.has(["services", "worker", "tty"])).toBe(false);
});

test("a text is found, comments aside", () => {
  const one = new Sources(["/c.yaml"], () => "# uses $KEY\na: 1 # $KEY\nb: $KEY\n");
  expect(one.search(/\$KEY/)).toBe("c.yaml:3");
  expect(one.search(/nothing/)).toBeUndefined();
});

test("a file that cannot be read", () => {
  const none = new Sources(["/app/compose.yaml"], () => undefined);
  expect(none.where(["services"])).toBe("compose.yaml");
  expect(none.has(["services"])).toBe(false);
});

test("services that extend one another in a circle", () => {
  const circle = new Sources(["/c.yaml"], () => "services:\n  a: { extends: b }\n  b: { extends: a }\n");
  expect(circle.where(["services", "a", "image"])).toBe("c.yaml:2");
});
