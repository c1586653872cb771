import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsClient } from "../../embedded/aws/client.ts";
import { notes, showsDockerExample, staticFile, writeNote } from "../apps/dockerExample.ts";
import { AwsApp } from "../support/awsApp.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

interface Definitions {
  readonly taskDefinitions: Readonly<
    Record<string, { readonly containerDefinitions: readonly { readonly name: string; readonly links?: string[] }[] }>
  >;
}

// Machines are nobody's part here: without a cluster that has some, the task is registered, and no more.
describe("docker-example on the launch type EC2", () => {
  const names = ["app1", "app2", "db", "nginx"];
  let app: AwsApp;
  let machine: Readonly<Record<string, unknown>>;
  let http: string;

  beforeAll(async () => {
    app = await AwsApp.prepare("docker-example", { launchType: "ec2" });
  });
  afterAll(() => app?.remove());

  it("is registered as one task of all four containers, with links, and not run", async () => {
    await app.up();
    const { taskDefinitions } = (await app.stack.outputs()) as unknown as Definitions;
    const [definition] = Object.values(taskDefinitions);
    expect(Object.keys(taskDefinitions)).toEqual(["docker-example"]);
    expect(definition).toMatchObject({ networkMode: "bridge", requiresCompatibilities: ["EC2"] });
    const links = Object.fromEntries((definition?.containerDefinitions ?? []).map((each) => [each.name, each.links]));
    expect(links).toEqual({
      app1: undefined,
      app2: ["app1:app1", "db:db"],
      db: undefined,
      nginx: ["app1:app1", "app2:app2"],
    });
    const status = await app.cloud("status");
    expect(status).toMatch(/^TaskDefinition /m);
    expect(status).not.toMatch(/^(service|task) /m);
    expect((await app.stack.preview()).steps).toEqual([]);
  });

  it("says what its machine has too little of", async () => {
    machine = await app.machine("machines", 2048, 2048);
    expect(machine).toMatchObject({ "retrofit:launchType": "ec2", "retrofit:cluster": "machines" });
    await app.configure({ ...machine, timeout: 20 });
    const { ok, messages } = await app.stack.up();
    expect(ok).toBe(false);
    expect(messages).toMatch(/was unable to place a task\. .*has insufficient CPU units available/);
  });

  it("runs as one service where the cluster has a machine for it, and does what the apps do", async () => {
    await app.cloud("capacity", "machines", "2", "4096", "2048");
    await app.configure(machine);
    await app.up();
    http = await app.http();
    await showsDockerExample({ http });

    const containers = await running();
    const linked = await docker(
      "inspect",
      "--format",
      "{{range .NetworkSettings.Networks}}{{json .Links}}{{end}}",
      containers.nginx as string,
    );
    expect(JSON.parse(linked).map((link: string) => link.split(":")[1])).toEqual(["app1", "app2"]);
    expect((await app.stack.preview()).steps).toEqual([]);
  });

  it("serves the new static files after a release, which replaces the whole task; the machine keeps the notes", async () => {
    await writeNote(http, "kept");
    const before = await running();
    await app.edit("app1/static/style.css", "/* app1 */", "/* app1, second release */");
    await app.up();
    expect(await staticFile(http, "app1", "style.css")).toContain("/* app1, second release */");
    expect(await staticFile(http, "app2", "style.css")).toContain("/* app2 */");
    expect(await notes(http)).toContain("kept");
    const after = await running();
    expect(names.filter((name) => after[name] === before[name])).toEqual([]);
  });

  it("leaves nothing behind when it is destroyed and its machines are gone", async () => {
    const { ok, messages } = await app.stack.destroy();
    expect(ok, messages).toBe(true);
    const status = await app.cloud("status");
    const kinds = new Set([...status.matchAll(/^(\w+) \S+$/gm)].map(([, kind]) => kind));
    expect([...kinds].sort()).toEqual([
      "Cluster",
      "InternetGateway",
      "RouteTable",
      "RouteTableAssociation",
      "SecurityGroup",
      "Subnet",
      "Vpc",
      "containerInstance",
      "machinesNetwork",
      // AWS keeps those that are deregistered.
      "taskDefinitions",
    ]);
    await app.dismantle();
    await eventually(async () => expect(existsSync(app.stack.cloudFolder)).toBe(false));
    expect(await app.left()).toEqual([]);
    expect(awsClient(app.stack.cloudFolder).isRunning()).toBe(false);
  });

  /** Docker's ids of the one task's containers, by name. */
  async function running(): Promise<Record<string, string>> {
    const [task = ""] = await app.running(`docker-example-${app.stack.name}`);
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await app.container(task, name)])));
  }
});
