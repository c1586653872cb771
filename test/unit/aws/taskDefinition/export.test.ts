import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import type { TaskDefinition } from "../../../../components/aws/taskDefinition/model.ts";
import { definitionsOf } from "../../../../components/aws/taskDefinition/surroundings.ts";
import { readApp } from "../../../../compose/read.ts";
import { root } from "../../../support/stack.ts";
import { read } from "../../compose/project.ts";

const app = join(root, "docker/docker-example");
const kept = join(app, "aws-task-definition.json");

/** `npm run task-definition -- <args>`, in a process of its own. */
async function command(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const program = join(root, "targets/taskDefinition.ts");
  const run = promisify(execFile)(process.execPath, [program, ...args], { env: process.env });
  return run.then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, code }),
  );
}

it("the definition that lies beside docker-example is what the program renders", async () => {
  const [definition, ...others] = definitionsOf(await readApp({ file: app, target: "aws", launchType: "ec2" }), "ec2");
  expect(others).toEqual([]);
  expect(readFileSync(kept, "utf8"), "renew it: its README tells how").toBe(`${JSON.stringify(definition, null, 2)}\n`);
});

it("on EC2 what a volume's files are for is linked to the service whose image fills it, and waits for it, in no cycle", async () => {
  const shop = `services:
  nginx: { image: "nginx:1.28", volumes: ["static:/www:ro"] }
  web: { image: "python:3.13", volumes: ["static:/app/static"] }
volumes: { static: }
x-retrofit: { volumes: { static: { storage: image } } }
`;
  const [definition] = definitionsOf(await read(shop, { target: "aws", launchType: "ec2" }), "ec2");
  expect(definition?.containerDefinitions.map(({ name, links, dependsOn }) => ({ name, links, dependsOn }))).toEqual([
    { name: "nginx", links: ["web:web"], dependsOn: [{ containerName: "web", condition: "START" }] },
    { name: "web" },
  ]);
});

it("the definition that lies beside docker-example has its four containers, linked, with images named as on Docker Hub", () => {
  const { containerDefinitions, networkMode, volumes } = JSON.parse(readFileSync(kept, "utf8")) as TaskDefinition;
  expect(networkMode).toBe("bridge");
  expect(containerDefinitions.map(({ name, image, links }) => ({ name, image, links }))).toEqual([
    { name: "app1", image: "example/docker-example-app1:latest" },
    { name: "app2", image: "example/docker-example-app2:latest", links: ["app1:app1", "db:db"] },
    { name: "db", image: "ghcr.io/ferretdb/ferretdb:1.24" },
    { name: "nginx", image: "example/docker-example-nginx:latest", links: ["app1:app1", "app2:app2"] },
  ]);
  expect(volumes.map(({ name, dockerVolumeConfiguration }) => [name, dockerVolumeConfiguration?.scope])).toEqual([
    ["app1-static", "task"],
    ["app2-static", "task"],
    ["docker-example-db", "shared"],
  ]);
});

it("prints the same by a command", async () => {
  const { stdout, stderr } = await command("docker-example", "--launch-type", "ec2");
  expect(stderr).toBe("");
  expect(stdout).toBe(readFileSync(kept, "utf8"));
});

it("prints one of several, with what is known better", async () => {
  const folder = mkdtempSync(join(tmpdir(), "values-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const values = join(folder, "values.json");
  const logs = { group: "/mine", region: "eu-west-1" };
  writeFileSync(values, JSON.stringify({ executionRoleArn: "arn:aws:iam::1:role/mine", logs }));
  const { stdout } = await command("docker-example", "--service", "nginx", "--family", "shop", "--values", values);
  const { family, executionRoleArn, taskRoleArn, containerDefinitions } = JSON.parse(stdout) as TaskDefinition;
  expect({ family, executionRoleArn, taskRoleArn }).toEqual({
    family: "shop-nginx",
    executionRoleArn: "arn:aws:iam::1:role/mine",
    taskRoleArn: "arn:aws:iam::123456789012:role/shop-task",
  });
  expect(containerDefinitions.map(({ logConfiguration }) => logConfiguration.options["awslogs-group"])).toEqual([
    "/mine",
    "/mine",
  ]);
});

it.each([
  [["nothing-there"], "APP: there is no nothing-there. Give a folder below docker/, or a path.\n"],
  [["hello-world", "--launch-type", "vm"], "--launch-type: is vm. Give fargate or ec2.\n"],
  [["hello-world", "--service", "db"], "--service: hello-world has no db. Give one of: web.\n"],
  [["hello-world", "--env", "A"], "--env: is A. Give NAME=VALUE.\n"],
  [["hello-world", "--verbose"], "task-definition: Unknown option '--verbose'. See --help.\n"],
])("tells what is wrong with %j", async (args, told) => {
  expect(await command(...args)).toEqual({ stdout: "", stderr: told, code: 1 });
});
